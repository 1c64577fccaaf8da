"""A run is led over HTTP: paused, continued, given up, answered at its gates, taken another way, compared."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
from api_server import PATIENCE_SECONDS, TOKEN, Gate, caller, events, make_factory, served
from app_standins import REQUIREMENT

from makery.app.factory import Factory
from makery.interfaces.server import whole_application

RUNS = "/api/v1/runs"
ORDER = {"requirement": REQUIREMENT}


def begin(api: httpx2.Client, **more: object) -> str:
    answer = api.post(RUNS, json={**ORDER, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def ended(api: httpx2.Client, run: str) -> dict[str, Any]:
    """The run once its events have come to their end."""
    for _ in events(api, run):
        pass
    return api.get(f"{RUNS}/{run}").json()


def until_asked(api: httpx2.Client, run: str) -> dict[str, Any]:
    """The question at which the run waits."""
    for event in events(api, run):
        if event["event"] == "act_started" and json.loads(event["data"])["event"]["skill"] == "ask":
            break
    (question,) = api.get(f"{RUNS}/{run}/questions").json()["items"]
    return question


def test_a_run_is_paused_and_continued(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    assert gate.asked.wait(PATIENCE_SECONDS)
    assert api.post(f"{RUNS}/{run}/pause").json()["state"] == "paused"
    again = api.post(f"{RUNS}/{run}/pause")
    assert (again.status_code, again.json()["type"]) == (409, "urn:makery:Conflict")
    resumed = api.post(f"{RUNS}/{run}/resume", json={"max_minutes": 5})
    assert resumed.json()["state"] == "running"
    gate.open()
    assert ended(api, run)["state"] == "ended"
    for operation in ("pause", "cancel", "resume"):
        assert api.post(f"{RUNS}/{run}/{operation}").status_code == 409


def test_a_cancelled_run_is_never_continued(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    assert gate.asked.wait(PATIENCE_SECONDS)
    assert api.post(f"{RUNS}/{run}/cancel").json()["state"] == "cancelled"
    assert api.post(f"{RUNS}/{run}/cancel").status_code == 409
    refused = api.post(f"{RUNS}/{run}/resume")
    assert refused.status_code == 409
    assert "fork" in refused.json()["remedy"]


def test_a_run_that_the_command_line_works_on_is_answered_over_the_api(tmp_path: Path, gate: Gate) -> None:
    """A factory of its own on the same database stands for the other process."""
    other = make_factory(tmp_path, gate, engine="inline")

    async def conduct(api: httpx2.Client) -> str:
        from makery.app.options import BuildOptions

        order = BuildOptions(requirement=REQUIREMENT, out=tmp_path / "own", ask=("delivery",))
        handle = await other.start(order)
        gate.open()
        question = await asyncio.to_thread(until_asked, api, handle.run_id)
        assert question["gate"] == "delivery"
        approved = await asyncio.to_thread(
            api.post, f"{RUNS}/{handle.run_id}/answer", json={"decision": "approve"}
        )
        assert approved.status_code == 200, approved.text
        assert (await handle.wait()).exit_status == 0
        return handle.run_id

    app = whole_application(make_factory(tmp_path, engine="inline"), token=TOKEN)
    with served(app) as url, caller(url) as api:
        run = asyncio.run(conduct(api))
        assert api.get(f"{RUNS}/{run}").json()["state"] == "ended"


def test_a_gate_is_approved_while_the_run_waits(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    question = until_asked(api, run)
    assert (question["gate"], question["document"]["kind"]) == ("delivery", "Delivery")
    refused = api.post(f"{RUNS}/{run}/answer", json={"decision": "approve", "gate": "prd"})
    assert refused.status_code == 422
    answered = api.post(f"{RUNS}/{run}/answer", json={"decision": "approve", "note": "fine"})
    assert answered.json()["gate"] == "delivery"
    assert ended(api, run)["exit_status"] == 0
    assert api.get(f"{RUNS}/{run}/questions").json()["items"] == []
    late = api.post(f"{RUNS}/{run}/answer", json={"decision": "approve"})
    assert (late.status_code, late.json()["type"]) == (409, "urn:makery:Conflict")


def test_an_artifact_is_edited_at_its_gate(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    until_asked(api, run)
    for unfit in ({"run": 3}, {"nonsense": 1}):
        refused = api.post(f"{RUNS}/{run}/answer", json={"decision": "edit", "document": unfit})
        assert refused.status_code == 422, refused.text
    edit = {"decision": "edit", "document": {"run": "python -m main"}}
    assert api.post(f"{RUNS}/{run}/answer", json=edit).status_code == 200
    assert ended(api, run)["how_to_run"] == "python -m main"


def test_a_run_that_was_given_up_while_it_waited_asks_nothing_any_more(
    api: httpx2.Client, gate: Gate
) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    until_asked(api, run)
    assert api.post(f"{RUNS}/{run}/cancel").json()["state"] == "cancelled"
    assert api.get(f"{RUNS}/{run}/questions").json()["items"] == []
    assert api.post(f"{RUNS}/{run}/answer", json={"decision": "approve"}).status_code == 409


def test_a_rejected_delivery_ends_the_run(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    until_asked(api, run)
    api.post(f"{RUNS}/{run}/answer", json={"decision": "reject", "note": "too plain"})
    assert "too plain" in ended(api, run)["message"]


def test_the_command_line_answers_what_the_server_s_run_waits_for(
    api: httpx2.Client, gate: Gate, factory: Factory, tmp_path: Path
) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    until_asked(api, run)
    asyncio.run(make_factory(tmp_path).answer(run, "approve"))
    assert ended(api, run)["exit_status"] == 0


def test_nobody_s_answer_in_time_is_an_assumption(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    assert ended(api, begin(api, ask=["delivery"], ask_minutes=0.0001))["exit_status"] == 0


def test_steps_are_numbered_and_show_what_they_made(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api)
    ended(api, run)
    steps = api.get(f"{RUNS}/{run}/steps").json()["items"]
    assert [step["number"] for step in steps] == list(range(1, len(steps) + 1))
    first = api.get(f"{RUNS}/{run}/steps/write_code").json()
    assert first["artifact"]["kind"] == first["gives"]
    assert api.get(f"{RUNS}/{run}/steps/{first['number']}").json() == first
    assert api.get(f"{RUNS}/{run}/steps/99").status_code == 404


def test_a_run_goes_another_way_with_an_edited_artifact_and_is_compared(
    api: httpx2.Client, gate: Gate
) -> None:
    gate.open()
    run = begin(api)
    ended(api, run)
    step = api.get(f"{RUNS}/{run}/steps/write_code").json()
    text = json.dumps(step["artifact"]).replace("hello", "good day")
    once = {"Idempotency-Key": "fork-1"}
    order = {"at": "write_code", "artifact": json.loads(text)}
    made = api.post(f"{RUNS}/{run}/fork", json=order, headers=once)
    assert made.status_code == 201, made.text
    again = api.post(f"{RUNS}/{run}/fork", json=order, headers=once)
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    fork = made.json()["id"]
    assert ended(api, fork)["state"] == "ended"
    assert "good day" in api.get(f"{RUNS}/{fork}/files/main.py").text
    compared = api.get(f"{RUNS}/{run}/compare/{fork}").json()
    assert "+print('good day')" in compared["program"]
    assert "write_code" in {step["skill"] for step in compared["steps"]}
    assert api.get(f"{RUNS}/{run}/compare/{run}").json()["program"] == ""


def test_a_fork_that_cannot_be_is_refused_and_leaves_nothing(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api)
    ended(api, run)
    orders: list[dict[str, Any]] = [
        {"at": "99"},
        {"at": "write_code", "artifact": {"files": 3}},
        {"at": "write_code", "artifact": {"kind": "Verdict", "data": {}}},
        {"at": "write_code", "model": "nonsense"},
    ]
    for order in orders:
        answer = api.post(f"{RUNS}/{run}/fork", json=order)
        assert answer.status_code == 422, answer.text
    unusable = '{"at": "write_code", "artifact": {"x": "\\ud800"}}'
    headers = {"Content-Type": "application/json"}
    assert api.post(f"{RUNS}/{run}/fork", content=unusable, headers=headers).status_code == 422
    assert len(api.get(RUNS).json()["items"]) == 1


def test_a_run_is_taken_away_as_lines_that_do_not_tell_where_it_was(
    api: httpx2.Client, gate: Gate, factory: Factory, tmp_path: Path
) -> None:
    gate.open()
    run = begin(api)
    ended(api, run)
    lines = api.get(f"{RUNS}/{run}/export").text.splitlines()
    assert [json.loads(line) for line in lines] == api.get(f"{RUNS}/{run}/ledger").json()["items"]
    assert str(tmp_path) not in lines[0]
    missing = api.get(f"{RUNS}/{run}/recording")
    # The scripted model stands where the durable gateway would be: nothing is recorded of it.
    assert missing.status_code == 409
    assert "No model calls are kept" in missing.json()["detail"]


def test_an_answer_to_a_paused_run_counts_when_it_goes_on(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    until_asked(api, run)
    assert api.post(f"{RUNS}/{run}/pause").json()["state"] == "paused"
    assert api.post(f"{RUNS}/{run}/answer", json={"decision": "approve"}).status_code == 200
    assert api.post(f"{RUNS}/{run}/resume").json()["state"] == "running"
    assert ended(api, run)["state"] == "ended"


def test_of_two_answers_at_once_one_counts_and_the_other_is_told(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    run = begin(api, ask=["delivery"])
    until_asked(api, run)

    def answer(note: str) -> int:
        return api.post(f"{RUNS}/{run}/answer", json={"decision": "approve", "note": note}).status_code

    with ThreadPoolExecutor(4) as people:
        codes = list(people.map(answer, "abcd"))
    assert codes.count(200) == 1
    assert set(codes) <= {200, 409, 422}
    ended(api, run)
    ledger = api.get(f"{RUNS}/{run}/ledger").json()["items"]
    assert len([entry for entry in ledger if entry["event"]["type"] == "answered"]) == 1
