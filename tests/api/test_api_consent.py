"""A tool that needs consent, over HTTP: a person is asked once; the call is done or refused."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_server import HELPER, PATIENCE_SECONDS, TOKEN, caller, events, served
from app_standins import StandIns, settings_in

from makery.app.factory import Factory
from makery.interfaces.server import whole_application
from makery.kernel.completion import Completion
from makery.kernel.tool import ToolCall

RUNS = "/api/v1/runs"


def writes(*names: str) -> Completion:
    """A model's wish to write files."""
    calls = tuple(
        ToolCall(id=f"c{number}", tool="files_write", arguments={"path": name, "text": "hello"})
        for number, name in enumerate(names)
    )
    return Completion(text="", finish="stop", model="scripted", calls=calls)


@pytest.fixture(params=["dbos", "inline"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx2.Client]:
    settings = settings_in(tmp_path, engine=request.param)
    parts = StandIns(settings, {"speak": [writes("a.txt", "a.txt"), "It is there."]})
    with served(whole_application(Factory(settings, parts=parts), token=TOKEN)) as url, caller(url) as client:
        assert client.put("/api/v1/teams/helper", json={"file": HELPER}).status_code == 200
        yield client


def begun(api: httpx2.Client) -> str:
    order = {"task": "Write it.", "attended": True}
    return api.post("/api/v1/teams/helper/runs", json=order).raise_for_status().json()["id"]


def asked(api: httpx2.Client, run: str, *, other_than: str = "") -> dict[str, Any]:
    """What the run waits for, once it does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        for turn in api.get(f"{RUNS}/{run}/turns").json()["items"]:
            if turn["act"] != other_than:
                return turn
        assert api.get(f"{RUNS}/{run}").json()["state"] in ("running", "paused")
    raise AssertionError("nobody was asked")


def kinds(api: httpx2.Client, run: str) -> list[str]:
    return [item["event"]["type"] for item in api.get(f"{RUNS}/{run}/ledger").json()["items"]]


def test_consent_is_asked_answered_and_counted_call_by_call(api: httpx2.Client) -> None:
    run = begun(api)
    first = asked(api, run)
    assert (first["role"], first["choices"], first["consent"]) == ("agent", ["yes", "no"], True)
    assert 'files_write be used with {"path": "a.txt"' in first["text"]
    api.post(f"{RUNS}/{run}/say", json={"text": "y", "act": first["act"]}).raise_for_status()
    second = asked(api, run, other_than=first["act"])
    assert api.get(f"{RUNS}/{run}/files/a.txt").text == "hello"
    neither = api.post(f"{RUNS}/{run}/say", json={"text": "", "act": second["act"]})
    assert (neither.status_code, "yes, no" in neither.json()["remedy"]) == (422, True)
    api.post(f"{RUNS}/{run}/say", json={"text": "no", "act": second["act"]}).raise_for_status()
    list(events(api, run))
    assert api.get(f"{RUNS}/{run}").json()["state"] == "ended"
    results = api.get(f"{RUNS}/{run}/steps/use_tools").json()["artifact"]["data"]["outcomes"]
    assert [outcome["failed"] for outcome in results] == [False, True]
    assert "does not allow" in results[1]["text"]


def test_nobody_is_asked_twice_and_an_answer_to_a_stopped_run_counts(api: httpx2.Client) -> None:
    run = begun(api)
    first = asked(api, run)
    api.post(f"{RUNS}/{run}/pause").raise_for_status()
    assert asked(api, run) == first
    api.post(f"{RUNS}/{run}/say", json={"text": "yes", "act": first["act"]}).raise_for_status()
    api.post(f"{RUNS}/{run}/resume").raise_for_status()
    second = asked(api, run, other_than=first["act"])
    api.post(f"{RUNS}/{run}/say", json={"text": "yes", "act": second["act"]}).raise_for_status()
    list(events(api, run))
    assert api.get(f"{RUNS}/{run}").json()["state"] == "ended"
    assert kinds(api, run).count("person_asked") == 2


def test_where_nobody_attends_the_call_is_refused(api: httpx2.Client) -> None:
    order = {"task": "Write it."}
    run = api.post("/api/v1/teams/helper/runs", json=order).raise_for_status().json()["id"]
    list(events(api, run))
    results = api.get(f"{RUNS}/{run}/steps/use_tools").json()["artifact"]["data"]["outcomes"]
    assert "nobody is there" in results[0]["text"]
