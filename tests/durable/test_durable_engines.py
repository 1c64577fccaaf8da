"""One conformance suite for the durable engines: inline, DBOS on SQLite, DBOS on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from makery.durable.dbos_engine import DbosEngine
from makery.durable.dbos_host import DbosHost
from makery.durable.dbos_record import DbosRecord
from makery.durable.inline import InlineEngine
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.errors import ContractViolation, Interrupted, LimitReached, RateLimited, StorageFailure
from makery.kernel.message import Message
from makery.kernel.ports import Engine
from makery.kernel.program import message_id

ACT = Act(role="engineer", skill="write_code")

Sitting = Callable[..., AbstractAsyncContextManager[Engine]]
"""Opens an engine as a new process would; what earlier ones recorded is known to it."""


class Draft(Artifact):
    text: str


def result(act: Act = ACT, text: str = "x") -> Message:
    return Message(id=message_id(act), sender=act.role, artifact=Draft(text=text))


async def refuse() -> Message:
    raise AssertionError("performed again")


@pytest.fixture(params=["inline", "sqlite", "postgresql"])
def sitting(request: pytest.FixtureRequest, tmp_path: Path) -> Sitting:
    """See `Sitting`; for the inline engine the ledger's messages are handed over, as the factory does."""
    if request.param == "inline":
        kept: dict[str, Message] = {}
        return lambda: _inline(kept)
    url = f"sqlite:///{tmp_path}/makery.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    return lambda: _dbos(url)


@asynccontextmanager
async def _inline(kept: dict[str, Message]) -> AsyncIterator[Engine]:
    engine = InlineEngine(kept.values())

    class Recording:
        async def perform(self, act: Act, work: Callable[[], object], /) -> Message:
            message = await engine.perform(act, work)  # type: ignore[arg-type]
            kept[message.id] = message
            return message

    yield Recording()  # type: ignore[misc]


@asynccontextmanager
async def _dbos(url: str, version: str = "1", recorded: Iterable[Message] = ()) -> AsyncIterator[DbosEngine]:
    async with DbosHost(url, version=version).open() as host:
        yield DbosEngine(host, "run1", recorded)


async def test_an_act_that_ended_is_not_performed_again(sitting: Sitting) -> None:
    async def work() -> Message:
        return result(text="made once \0 你好")

    async with sitting() as engine:
        made = await engine.perform(ACT, work)
        assert await engine.perform(ACT, refuse) == made == result(text="made once \0 你好")
    async with sitting() as engine:
        assert await engine.perform(ACT, refuse) == made


async def test_an_act_asked_for_twice_at_once_is_done_once(sitting: Sitting) -> None:
    gate, done = asyncio.Event(), []

    async def work() -> Message:
        await gate.wait()
        done.append(1)
        return result()

    async with sitting() as engine:
        both = [asyncio.create_task(engine.perform(ACT, work)) for _ in range(2)]
        gate.set()
        assert await asyncio.gather(*both) == [result(), result()]
    assert done == [1]


async def test_acts_do_not_wait_for_each_other(sitting: Sitting) -> None:
    meeting = asyncio.Barrier(2)
    acts = [ACT, ACT.model_copy(update={"role": "qa_engineer"})]

    async def work(act: Act) -> Message:
        await meeting.wait()
        return result(act)

    async with sitting() as engine:
        made = await asyncio.gather(*(engine.perform(act, lambda act=act: work(act)) for act in acts))
    assert made == [result(act) for act in acts]


@pytest.mark.parametrize(
    "error", [RateLimited("slow down", retry_after=3), LimitReached("enough", limit="--max-usd")]
)
async def test_an_act_that_failed_says_why_and_can_be_tried_again(sitting: Sitting, error: Exception) -> None:
    async def fail() -> Message:
        raise error

    async def work() -> Message:
        return result()

    async with sitting() as engine:
        with pytest.raises(type(error)) as first:
            await engine.perform(ACT, fail)
        assert first.value is error
        with pytest.raises(type(error)) as second:
            await engine.perform(ACT, fail)
        assert second.value is error
    async with sitting() as engine:
        assert await engine.perform(ACT, work) == result()


async def test_an_act_that_was_stopped_halfway_is_done_by_the_next_process(sitting: Sitting) -> None:
    begun, stopped = asyncio.Event(), []

    async def hang() -> Message:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(1)
        return result()

    async def work() -> Message:
        return result(text="second")

    async with sitting() as engine:
        task = asyncio.create_task(engine.perform(ACT, hang))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stopped == [1]
    async with sitting() as engine:
        assert await engine.perform(ACT, work) == result(text="second")


async def test_work_that_makes_another_act_s_message_is_a_bug_that_is_named(sitting: Sitting) -> None:
    other = ACT.model_copy(update={"role": "qa_engineer"})

    async def work() -> Message:
        return result(other)

    async with sitting() as engine:
        with pytest.raises(ContractViolation, match="'write_code' of role 'engineer'"):
            await engine.perform(ACT, work)


async def test_a_run_that_begins_while_the_last_one_ends_finds_the_record_open(url: str) -> None:
    host = DbosHost(url, version="1")

    async def one(number: int) -> Message:
        act = ACT.model_copy(update={"options": (("number", str(number)),)})

        async def work() -> Message:
            return result(act)

        async with host.open():
            return await DbosEngine(host, "run1").perform(act, work)

    first = asyncio.create_task(one(0))
    made = [await asyncio.shield(first), *await asyncio.gather(*(one(n) for n in range(1, 4)))]
    await asyncio.gather(one(4), one(5))
    assert len({message.id for message in made}) == 4


async def test_a_record_that_is_opened_again_takes_nothing_up_by_itself(url: str) -> None:
    """DBOS continues what was left open under the name of a process: once asked for, it would run twice."""
    host = DbosHost(url, version="1")
    begun = asyncio.Event()

    async def wait() -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    async def answer() -> str:
        return "made"

    async with host.open():
        asked = asyncio.create_task(host.once("key", wait))
        await begun.wait()
        first = host.executor
        asked.cancel()
        await asyncio.wait({asked})
    async with host.open():
        assert host.executor != first
        assert (await host.once("key", answer)).text == "made"


async def test_a_run_stopped_twice_while_it_ends_leaves_the_process_usable(tmp_path: Path) -> None:
    opened = asyncio.Event()

    async def run() -> None:
        async with DbosHost(f"sqlite:///{tmp_path}/first.db", version="1").open():
            opened.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    await opened.wait()
    for _ in range(3):
        running.cancel()
        await asyncio.wait({running}, timeout=0)
    with pytest.raises(asyncio.CancelledError):
        await running
    async with DbosHost(f"sqlite:///{tmp_path}/second.db", version="1").open() as host:
        assert host.executor


async def test_a_run_that_goes_on_is_stopped_from_another_process_as_one_that_began(url: str) -> None:
    async def sitting() -> None:
        begun = asyncio.Event()

        async def conduct() -> None:
            begun.set()
            await asyncio.Event().wait()

        async with _dbos(url) as engine:
            conducting = asyncio.create_task(engine.conduct(conduct))
            await begun.wait()
            assert await asyncio.to_thread(DbosRecord(url).stop, "run1")
            with pytest.raises(Interrupted, match="stopped from another process"):
                await conducting

    await sitting()
    await sitting()


async def test_a_step_of_another_version_is_not_finished_by_this_one(url: str) -> None:
    begun = asyncio.Event()

    async def hang() -> Message:
        begun.set()
        await asyncio.Event().wait()
        return result()

    async def work() -> Message:
        return result()

    async with _dbos(url, version="1") as engine:
        task = asyncio.create_task(engine.perform(ACT, hang))
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})
    async with _dbos(url, version="2") as engine:
        with pytest.raises(StorageFailure, match=r"version 1 of Makery began.*runs fork run1"):
            await engine.perform(ACT, work)
    async with _dbos(url, version="1") as engine:
        assert await engine.perform(ACT, work) == result()


async def test_an_answer_reaches_the_act_that_waits_for_it(url: str) -> None:
    async def sitting(seconds: float | None) -> str | None:
        async with _dbos(url) as engine:
            heard: list[str | None] = []

            async def work() -> Message:
                heard.append(await engine.receive(ACT.id, seconds=seconds))
                return result()

            await engine.perform(ACT, work)
            return heard[0]

    waiting = asyncio.create_task(sitting(None))
    record = DbosRecord(url)
    while not await asyncio.to_thread(record.send, "run1", ACT.id, "yes"):
        assert not waiting.done()
    assert await waiting == "yes"
