"""Persons in a game with secrets, over HTTP: each role's person sees what that role may know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_server import TOKEN, caller, events, served
from app_standins import StandIns, settings_in

from makery.app.factory import Factory
from makery.client import Client
from makery.interfaces.server import whole_application
from village import KILLS, OF_ANNA, OF_BEN, OF_CLEO, VILLAGE, VOTE

RUNS = "/api/v1/runs"
ANSWERS = {
    "choose": [KILLS, VOTE, VOTE],
    "bid_to_speak": ['{"urgency": 5}'] * 2,
    "say_in_character": ["Good morning."],
    "perceive": ['{"ratings": [1, 1, 1, 1, 1]}'] * 2,
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[httpx2.Client]:
    settings = settings_in(tmp_path)
    factory = Factory(settings, parts=StandIns(settings, ANSWERS))
    with served(whole_application(factory, token=TOKEN)) as url, caller(url) as client:
        assert client.put("/api/v1/teams/village", json={"file": VILLAGE}).status_code == 200
        yield client


def begun(api: httpx2.Client, *persons: str) -> str:
    """The id of a game in which the seer, a person, is asked in the first night."""
    order = {"task": "Play.", "persons": persons}
    run = api.post("/api/v1/teams/village/runs", json=order).raise_for_status().json()["id"]
    for event in events(api, run, params={"role": "cleo"}):
        if event["event"] == "person_asked":
            return run
    raise AssertionError("the seer was not asked")


def seen(api: httpx2.Client, run: str, **query: str) -> dict[str, str]:
    """All that the API says of a run, by way."""
    ways = ("ledger", "export", "steps", "cost", "turns", "files/.makery/dialogue.jsonl", "archive")
    found = {way: api.get(f"{RUNS}/{run}/{way}", params=query) for way in ways}
    return {way: answer.text for way, answer in found.items()}


def says(found: dict[str, str], secret: str) -> list[str]:
    return [way for way, text in found.items() if secret in text]


def test_each_person_sees_what_their_role_may_know(api: httpx2.Client) -> None:
    run = begun(api, "anna", "cleo")
    anna, cleo, anybody = (seen(api, run, **q) for q in ({"role": "anna"}, {"role": "cleo"}, {}))
    assert says(anna, OF_ANNA) and not says(anna, OF_CLEO) and not says(anna, OF_BEN)
    assert says(cleo, OF_CLEO) and not says(cleo, OF_ANNA) and not says(cleo, OF_BEN)
    assert not any(says(anybody, secret) for secret in (OF_ANNA, OF_BEN, OF_CLEO))
    assert '"ben"' not in anna["ledger"].replace('"choice":"ben"', "") or "choose" not in anna["ledger"]


def test_a_question_is_read_by_whom_it_is_for(api: httpx2.Client) -> None:
    run = begun(api, "anna", "cleo")
    (hidden,) = api.get(f"{RUNS}/{run}/turns").json()["items"]
    assert (hidden["role"], hidden["hidden"], hidden["text"], hidden["choices"]) == ("cleo", True, "", [])
    (hers,) = api.get(f"{RUNS}/{run}/turns", params={"role": "cleo"}).json()["items"]
    assert hers["choices"] == ["anna", "ben", "dora"] and "You are the seer" in hers["text"]


def test_a_lone_person_need_not_name_the_seat(api: httpx2.Client) -> None:
    run = begun(api, "cleo")
    found = seen(api, run)
    assert says(found, OF_CLEO) and not says(found, OF_ANNA) and not says(found, OF_BEN)
    (turn,) = api.get(f"{RUNS}/{run}/turns").json()["items"]
    assert not turn["hidden"]


def test_nobody_takes_another_s_eyes_and_all_is_for_operators(api: httpx2.Client, key_of: Any) -> None:
    run = begun(api, "cleo")
    wrong = api.get(f"{RUNS}/{run}/ledger", params={"role": "ben"})
    assert (wrong.status_code, "There are: cleo" in wrong.json()["remedy"]) == (422, True)
    assert OF_BEN in api.get(f"{RUNS}/{run}/ledger", params={"role": "*"}).text
    assert api.get(f"{RUNS}/{run}/recording").status_code == 409


def test_all_is_not_for_other_keys(api: httpx2.Client, key_of: Any) -> None:
    with caller(str(api.base_url), key_of("ours", "runs:write")) as we:
        assert we.put("/api/v1/teams/village", json={"file": VILLAGE}).status_code == 200
        run = begun(we, "cleo")
        refused = we.get(f"{RUNS}/{run}/ledger", params={"role": "*"})
        assert (refused.status_code, OF_BEN in refused.text) == (403, False)


def test_the_files_of_a_stopped_game_keep_its_secrets_and_the_end_opens_them(api: httpx2.Client) -> None:
    run = begun(api, "cleo")
    api.post(f"{RUNS}/{run}/pause").raise_for_status()
    found = seen(api, run)
    assert OF_CLEO in found["files/.makery/dialogue.jsonl"]
    assert not says(found, OF_ANNA) and not says(found, OF_BEN)
    ledger = api.get(f"{RUNS}/{run}/files/.makery/ledger.jsonl").text
    assert OF_CLEO in ledger and OF_ANNA not in ledger and OF_BEN not in ledger
    api.post(f"{RUNS}/{run}/say", json={"text": "ben", "role": "cleo"}).raise_for_status()
    api.post(f"{RUNS}/{run}/resume").raise_for_status()
    with Client(str(api.base_url), key=TOKEN) as us:
        answer_as_they_come(us, run)
    over = seen(api, run)
    assert says(over, OF_ANNA) and says(over, OF_BEN)


def answer_as_they_come(us: Client, run: str) -> None:
    """Leave the seer's turns of the day to a vote for Ben and silence, until the game is over."""
    replies = {"bid": "0", "choose": "ben"}
    for event in us.follow(run, role="cleo"):
        if event.event["type"] == "person_asked":
            for turn in us.turns(run, role="cleo"):
                us.say(run, replies["choose" if turn.choices else "bid"], act=turn.act)
