"""An unmodified MCP client answers what runs ask, whoever began them."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mcp import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import REQUIREMENT, StandIns, settings_in

from makery.app.factory import Factory
from makery.app.options import BuildOptions
from makery.interfaces.mcp.server import mcp_server
from makery.kernel.events import Answered

LONG = 600


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def made(folder: Path, **standins: Any) -> Factory:
    """A factory on the test's database, like a process of its own."""
    settings = settings_in(folder)
    return Factory(settings, parts=StandIns(settings, **standins))


@asynccontextmanager
async def client(factory: Factory, folder: Path) -> AsyncIterator[Client]:
    async with Client(mcp_server(factory, folder)) as connected:
        yield connected


async def call(makery: Client, tool: str, **arguments: Any) -> Any:
    """What a tool gives: an object, or a list."""
    result = await makery.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found = result.structured_content
    return found["result"] if found is not None and found.keys() == {"result"} else found


async def refused(makery: Client, tool: str, **arguments: Any) -> str:
    """What a tool says that does not do it."""
    result = await makery.call_tool(tool, arguments)
    assert result.is_error
    return "".join(block.text for block in result.content)


async def asking(makery: Client) -> dict[str, Any]:
    """A run that waits at its delivery."""
    state = await call(makery, "build", requirement=REQUIREMENT, ask=["delivery"], wait_seconds=LONG)
    assert state["state"] == "running"
    assert [one["gate"] for one in state["waiting"]] == ["delivery"]
    return state


async def test_waiting_ends_at_a_question_and_an_approval_lets_the_run_end(tmp_path: Path) -> None:
    factory = made(tmp_path)
    async with client(factory, tmp_path) as makery:
        run = (await asking(makery))["run_id"]
        (question,) = await call(makery, "waiting")
        assert (question["run_id"], question["kind"]) == (run, "gate")
        assert question["document"]["kind"] == "Delivery"
        ended = await call(makery, "answer", run_id=run, decision="approve", note="fine", wait_seconds=LONG)
        assert (ended["state"], ended["verdict"], ended["waiting"]) == ("ended", "verified", [])
        assert await call(makery, "waiting") == []
    (answered,) = (e.event for e in factory.events(run) if isinstance(e.event, Answered))
    assert '"note":"fine"' in answered.reply and '"by":"mcp' in answered.reply


async def test_an_edited_document_is_what_is_delivered_and_one_that_does_not_fit_is_refused(
    tmp_path: Path,
) -> None:
    async with client(made(tmp_path), tmp_path) as makery:
        run = (await asking(makery))["run_id"]
        edit = {"run_id": run, "decision": "edit"}
        assert "Delivery does not fit: run" in await refused(makery, "answer", **edit, document={"run": 3})
        assert "not at the gate 'prd'" in await refused(
            makery, "answer", run_id=run, decision="approve", gate="prd"
        )
        ended = await call(makery, "answer", **edit, document={"run": "python -m main"}, wait_seconds=LONG)
        assert ended["how_to_run"] == "python -m main"
        assert "waits for no answer" in await refused(makery, "answer", run_id=run, decision="approve")


async def test_a_rejection_ends_the_run_and_says_why(tmp_path: Path) -> None:
    async with client(made(tmp_path), tmp_path) as makery:
        run = (await asking(makery))["run_id"]
        ended = await call(
            makery, "answer", run_id=run, decision="reject", note="too plain", wait_seconds=LONG
        )
    assert ended["state"] == "ended" and "too plain" in ended["message"]


async def test_a_run_that_another_process_began_and_left_is_answered_and_continued(tmp_path: Path) -> None:
    elsewhere = made(tmp_path)
    handle = await elsewhere.start(BuildOptions(requirement=REQUIREMENT, ask=("delivery",)))
    async for _ in elsewhere.watch(handle.run_id):
        if elsewhere.questions(handle.run_id):
            break
    await elsewhere.pause(handle.run_id)
    async with client(made(tmp_path, answers={}), tmp_path) as makery:
        (question,) = await call(makery, "waiting", run_id=handle.run_id)
        assert question["gate"] == "delivery"
        answered = await call(makery, "answer", run_id=handle.run_id, decision="approve")
        assert answered["state"] == "paused"
        ended = await call(makery, "resume", run_id=handle.run_id, wait_seconds=LONG)
        assert (ended["state"], ended["verdict"]) == ("ended", "verified")


async def test_a_client_speaks_in_a_seat_of_a_team(tmp_path: Path) -> None:
    factory = made(tmp_path, answers={"speak": ["A line.", "The line."]})
    async with client(factory, tmp_path) as makery:
        order = {"team": "writer_critic", "task": "Write a line.", "persons": ["editor"]}
        state = await call(makery, "team", **order, wait_seconds=LONG)
        (seat,) = state["waiting"]
        assert (seat["kind"], seat["role"]) == ("seat", "editor") and "A line." in seat["question"]
        said = {"run_id": state["run_id"], "text": "APPROVED"}
        assert "waits for editor" in await refused(makery, "say", **said, role="writer")
        ended = await call(makery, "say", **said, wait_seconds=LONG)
        assert (ended["state"], ended["answer"]) == ("ended", "The line.")


async def test_a_run_that_was_given_up_asks_nothing_any_more(tmp_path: Path) -> None:
    factory = made(tmp_path)
    async with client(factory, tmp_path) as makery:
        run = (await asking(makery))["run_id"]
        await factory.give_up(run)
        assert await call(makery, "waiting", run_id=run) == await call(makery, "waiting") == []
        assert "waits for no answer" in await refused(makery, "answer", run_id=run, decision="approve")
