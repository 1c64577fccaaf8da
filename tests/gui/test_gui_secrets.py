"""What the page's own handlers tell a person in a game with secrets; without a browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from api_server import caller, served
from app_standins import StandIns, settings_in
from gui_server import application

from makery.app.factory import Factory
from village import KILLS, OF_ANNA, OF_BEN, OF_CLEO, VILLAGE


@pytest.fixture
def site(tmp_path: Path) -> Iterator[httpx2.Client]:
    settings = settings_in(tmp_path)
    factory = Factory(settings, parts=StandIns(settings, {"choose": [KILLS]}))
    with served(application(factory)) as url, caller(url) as client:
        assert client.put("/api/v1/teams/village", json={"file": VILLAGE}).status_code == 200
        yield client


def live(site: httpx2.Client, run: str, role: str = "") -> str:
    """The lines and panels of the live view until the seer is asked, or the stream ends."""
    text = ""
    given = {"role": role, "text": "true"}
    with site.stream("GET", f"/gui/live/{run}", params=given) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith("data:"):
                text += str(json.loads(line.removeprefix("data:")))
            if "data-asking='" in text or "event: over" in line:
                break
    return text


def stopped(site: httpx2.Client, *persons: str) -> str:
    """The id of a game that was stopped when the seer was asked in the first night."""
    order = {"task": "Play.", "persons": persons}
    run = site.post("/api/v1/teams/village/runs", json=order).raise_for_status().json()["id"]
    with site.stream("GET", f"/api/v1/runs/{run}/events", params={"role": "cleo"}) as answer:
        next(line for line in answer.iter_lines() if "person_asked" in line)
    site.post(f"/api/v1/runs/{run}/pause").raise_for_status()
    return run


def test_the_live_view_shows_what_the_role_may_know(site: httpx2.Client) -> None:
    run = stopped(site, "anna", "cleo")
    anna, cleo, anybody = live(site, run, "anna"), live(site, run, "cleo"), live(site, run)
    assert OF_ANNA in anna and OF_CLEO not in anna and OF_BEN not in anna
    assert OF_CLEO in cleo and OF_ANNA not in cleo and OF_BEN not in cleo
    assert not any(secret in anybody for secret in (OF_ANNA, OF_BEN, OF_CLEO))
    assert ">ben<" not in cleo


def test_a_message_opens_for_those_whom_it_is_for(site: httpx2.Client) -> None:
    run = stopped(site, "anna", "cleo")
    entries = site.get(f"/api/v1/runs/{run}/ledger", params={"role": "*"}).json()["items"]
    seq = next(entry["seq"] for entry in entries if OF_CLEO in str(entry["event"].get("message")))
    opened = [site.get(f"/gui/step/{run}/{seq}", params={"role": role}).text for role in ("cleo", "anna", "")]
    assert [OF_CLEO in text for text in opened] == [True, False, False]


def test_a_lone_person_looks_with_their_own_eyes(site: httpx2.Client) -> None:
    text = live(site, stopped(site, "cleo"))
    assert OF_CLEO in text and OF_ANNA not in text and OF_BEN not in text
