"""Persons in the seats of teams over HTTP: they are waited for, and speak from wherever they are."""

import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_server import PATIENCE_SECONDS, TEAM, TOKEN, Gate, caller, events, served
from app_standins import StandIns, settings_in

from makery.app.factory import Factory
from makery.client import Client
from makery.interfaces.server import whole_application
from makery.kernel.events import PersonAsked
from makery.testing.fake_notebook import FakeNotebook

TEAMS = "/api/v1/teams"
RUNS = "/api/v1/runs"
CELL = "```python\nprint(6 * 7)\n```"


def ordered(api: httpx2.Client, team: str = "pair", **order: Any) -> str:
    """The id of a team's run."""
    made = api.post(f"{TEAMS}/{team}/runs", json={"task": "Write a line.", **order})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def asked(api: httpx2.Client, run: str) -> dict[str, Any]:
    """What the run waits for, once it does."""
    for event in events(api, run):
        if event["event"] == PersonAsked.model_fields["type"].default:
            found = api.get(f"{RUNS}/{run}/turns").json()["items"]
            if found:
                return found[0]
    raise AssertionError("nobody was asked")


@pytest.fixture
def pair(api: httpx2.Client, gate: Gate) -> httpx2.Client:
    """A client of a server with a team of two."""
    gate.open()
    assert api.put(f"{TEAMS}/pair", json={"file": TEAM}).status_code == 200
    return api


def test_a_person_plays_a_role_of_a_team(pair: httpx2.Client) -> None:
    run = ordered(pair, persons=["critic"])
    turn = asked(pair, run)
    assert (turn["role"], turn["choices"]) == ("critic", [])
    assert "A line." in turn["text"]
    assert pair.post(f"{RUNS}/{run}/say", json={"text": "FINE"}).json()["role"] == "critic"
    assert [event["event"] for event in events(pair, run)][-1] == "run_ended"
    assert pair.get(f"{RUNS}/{run}").json()["result"]["data"]["text"] == "FINE"
    again = pair.post(f"{RUNS}/{run}/say", json={"text": "FINE"})
    assert (again.status_code, "waits for nobody" in again.json()["detail"]) == (409, True)


def test_what_is_said_while_nobody_works_counts_when_the_run_goes_on(pair: httpx2.Client) -> None:
    run = ordered(pair, persons=["critic"])
    asked(pair, run)
    pair.post(f"{RUNS}/{run}/pause").raise_for_status()
    pair.post(f"{RUNS}/{run}/say", json={"text": "FINE", "role": "critic"}).raise_for_status()
    pair.post(f"{RUNS}/{run}/resume").raise_for_status()
    list(events(pair, run))
    assert pair.get(f"{RUNS}/{run}").json()["result"]["data"]["text"] == "FINE"


def test_what_was_meant_for_one_turn_is_not_taken_for_the_next(tmp_path: Path) -> None:
    """A button pressed twice must not agree to code that nobody has seen."""
    settings, notebook = settings_in(tmp_path), FakeNotebook("42")
    parts = StandIns(settings, {"write_cell": [CELL, "Done."]}, notebook=notebook)
    factory = Factory(settings, parts=parts)
    with served(whole_application(factory, token=TOKEN)) as url, caller(url) as api:
        run = ordered(api, "interpreter", attended=True)
        first = asked(api, run)
        spoken = {"text": "yes", "act": first["act"]}
        assert api.post(f"{RUNS}/{run}/say", json=spoken).status_code == 200
        assert until(api, run, draft="")["act"] != first["act"]
        again = api.post(f"{RUNS}/{run}/say", json=spoken)
        assert (again.status_code, "over" in again.json()["detail"]) == (422, True)
        api.post(f"{RUNS}/{run}/say", json={"text": "exit"}).raise_for_status()
        list(events(api, run))
    assert len(notebook.runs) == 1


def test_a_seat_that_is_not_there_and_a_company_without_seats_are_told(pair: httpx2.Client) -> None:
    wrong = pair.post(f"{TEAMS}/pair/runs", json={"task": "x", "persons": ["poet"]})
    assert (wrong.status_code, "writer, critic" in wrong.text) == (422, True)
    company = pair.post(f"{TEAMS}/software_company.duo/runs", json={"task": "x", "persons": ["engineer"]})
    assert company.status_code == 422
    assert "'engineer'" in company.json()["detail"]
    assert "gates" in company.json()["remedy"] and "fork" in company.json()["remedy"]


def test_code_of_the_interpreter_is_shown_edited_and_run(tmp_path: Path) -> None:
    settings, notebook = settings_in(tmp_path), FakeNotebook("43", "44")
    answers = {"write_cell": [CELL, CELL, "It is 43, then 44."]}
    factory = Factory(settings, parts=StandIns(settings, answers, notebook=notebook))
    with (
        served(whole_application(factory, token=TOKEN)) as url,
        caller(url) as api,
        Client(url, key=TOKEN) as us,
    ):
        run = us.run_team("interpreter", "Compute it.", attended=True).id
        assert asked(api, run)["draft"] == CELL
        us.say(run, CELL.replace("7", "7 + 1"))
        until(api, run, draft=CELL)
        us.say(run, "all", role="you")
        assert "43, then 44" in until(api, run, draft="")["text"]
        us.say(run, "exit")
        list(events(api, run))
        assert us.run(run).state == "ended"
    assert [ran.cell.code.strip() for ran in notebook.runs] == ["print(6 * 7 + 1)", "print(6 * 7)"]


def test_code_runs_unasked_if_that_is_wanted(tmp_path: Path) -> None:
    settings, notebook = settings_in(tmp_path), FakeNotebook("42")
    factory = Factory(
        settings, parts=StandIns(settings, {"write_cell": [CELL, "It is 42."]}, notebook=notebook)
    )
    with served(whole_application(factory, token=TOKEN)) as url, caller(url) as api:
        run = ordered(api, "interpreter", attended=True, unasked=True)
        turn = asked(api, run)
        assert (turn["text"], turn["draft"]) == ("It is 42.", "")
        api.post(f"{RUNS}/{run}/say", json={"text": "exit"}).raise_for_status()
        list(events(api, run))
    assert len(notebook.runs) == 1


def until(api: httpx2.Client, run: str, *, draft: str) -> dict[str, Any]:
    """The turn with that draft, once the run waits for it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = api.get(f"{RUNS}/{run}/turns").json()["items"]
        if found and found[0]["draft"] == draft:
            return found[0]
    raise AssertionError("the run did not come to that turn")
