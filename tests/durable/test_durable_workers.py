"""Shared work: done by whoever is there, of the right version, at the allowed pace, and handed on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from dbos import DBOS, WorkflowStatus

from makery.durable import dbos_lease
from makery.durable.dbos_errands import Errands
from makery.durable.dbos_lease import Lease
from makery.durable.dbos_queues import (
    CALL,
    RUN,
    RUNS,
    SHARED,
    TICKET,
    TICKET_TOKENS,
    Capacity,
    Errand,
    Pace,
    calls_queue,
    tickets_for,
)
from makery.durable.dbos_record import DbosRecord, record_client
from makery.durable.dbos_worker import Leaving, WorkerHost
from makery.kernel.act import Act
from makery.kernel.completion import ModelCall, Prompt
from makery.kernel.errors import LimitReached, RateLimited, StorageFailure

LOOKS = 20
"""Looks at the database, together longer than a worker waits between two looks at a queue."""
CALL_TEXT = ModelCall(prompt=Prompt(system="s", user="u")).model_dump_json()


class Recorder:
    """Duties that say what they did; what they do is the test's."""

    def __init__(self, work: Callable[[str], object] = lambda _: None) -> None:
        self.done: list[str] = []
        self._work = work

    async def run(self, run: str, tenant: str, leaving: Leaving, /) -> str:
        self.done.append(run)
        result = self._work(run)
        if isinstance(result, Exception):
            raise result
        if asyncio.iscoroutine(result):
            await result
        return f"{run} for {tenant}"

    async def act(self, run: str, tenant: str, act: Act, /) -> str:
        raise AssertionError

    async def call(self, run: str, tenant: str, call: ModelCall, /) -> str:
        self.done.append(run)
        return "answered"

    async def begin(self, name: str, at: str, order: str, /) -> str:
        self.done.append(f"{name}: {order}")
        return ""


@asynccontextmanager
async def worker(
    url: str, duties: Recorder, *, version: str = "1", capacity: Capacity | None = None
) -> AsyncIterator[Errands]:
    host = WorkerHost(url, version=version, duties=duties, capacity=capacity or Capacity())
    async with host.open():
        await host.begin()
        yield Errands(url, version=version)
        await host.leave()


def never() -> bool:
    return False


def errand(run: str) -> Errand:
    return Errand(RUN, RUNS, (run, "local"))


async def test_work_is_done_once_and_its_outcome_is_kept(url: str) -> None:
    duties = Recorder()
    async with worker(url, duties) as errands:
        asked = [errands.result("r1", errand("r1"), leaving=never) for _ in range(2)]
        assert await asyncio.gather(*asked) == ["r1 for local"] * 2
        assert await errands.result("r1", errand("r1"), leaving=never) == "r1 for local"
    assert duties.done == ["r1"]


async def test_an_error_reaches_who_waits_as_what_it_was_and_the_work_can_be_tried_again(url: str) -> None:
    errors: list[Exception | None] = [RateLimited("slow down", retry_after=3.0), LimitReached("x", limit="y")]
    async with worker(url, Recorder(lambda _: errors.pop(0) if errors else None)) as errands:
        with pytest.raises(RateLimited, match="slow down") as first:
            await errands.result("r1", errand("r1"), leaving=never)
        assert first.value.retry_after == 3.0
        with pytest.raises(LimitReached) as second:
            await errands.result("r1", errand("r1"), leaving=never)
        assert second.value.limit == "y"
        assert await errands.result("r1", errand("r1"), leaving=never) == "r1 for local"


async def test_a_run_that_another_version_began_is_left_alone_and_that_is_said(url: str) -> None:
    DbosRecord(url, version="1").enqueue("old", "local")
    duties = Recorder()
    async with worker(url, duties, version="2") as errands:
        assert await errands.result("new", errand("new"), leaving=never)
        with pytest.raises(StorageFailure, match=r"version 1 of Makery began"):
            await errands.result("old", errand("old"), leaving=never)
    assert duties.done == ["new"]
    async with worker(url, duties, version="1") as errands:
        assert await errands.result("old", errand("old"), leaving=never) == "old for local"


async def test_what_a_worker_had_when_it_died_is_done_by_the_next(url: str) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    DbosRecord(url, version="1").enqueue("r1", "local")
    async with worker(url, Recorder(lambda _: hang())):
        await begun.wait()
        dead = DBOS.executor_id
    async with worker(url, Recorder()) as errands:
        other = WorkerHost(url, version="1", duties=Recorder(), capacity=Capacity())
        assert await asyncio.to_thread(other.hand_on, dead) == 1
        assert await errands.result("r1", errand("r1"), leaving=never) == "r1 for local"


def _found(url: str, **which: Any) -> list[WorkflowStatus]:
    with record_client(url) as client:
        return client.list_workflows(**which)


class Register:
    """Takes its time to note that a worker comes or leaves: so much that DBOS could take work meanwhile."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.busy: list[str] = []
        """When somebody had work without being known."""

    def had(self, executor: str | None) -> list[WorkflowStatus]:
        return _found(self._url, executor_id=executor, status="PENDING", name=list(SHARED))

    def join(self, executor: str, version: str, place: str) -> None:
        if any(self.had(None) for _ in range(LOOKS)):
            self.busy.append("before it was known")

    def beat(self, executor: str) -> bool:
        return True

    def others(self, executor: str) -> dict[str, int]:
        return {}

    def claim(self, dead: str, number: int) -> bool:
        return False

    def leave(self, executor: str) -> None:
        if any(self.had(executor) for _ in range(LOOKS)):
            self.busy.append("after it was known no more")


async def test_a_worker_has_work_only_while_others_know_it_and_could_take_that_over(url: str) -> None:
    """DBOS takes work from the queues from its launch to its end, whatever we stop in between."""
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with worker(url, Recorder()):
        pass  # from now on the queues are there
    for number in range(3):
        DbosRecord(url, version="1").enqueue(f"r{number}", "local")
    register, duties = Register(url), Recorder(lambda _: hang())
    host = WorkerHost(
        url, version="1", duties=duties, capacity=Capacity(), announce=lambda name: lease.join(name)
    )
    lease = Lease(host, register, version="1", place="here", tell=print)
    async with host.open():
        await host.begin()
        keeping = asyncio.create_task(lease.keep())
        await begun.wait()
        keeping.cancel()
        await asyncio.wait({keeping})
    await lease.end()
    assert register.busy == []
    assert await asyncio.to_thread(register.had, None) == []
    async with worker(url, Recorder()) as errands:
        ended = [await errands.result(f"r{n}", errand(f"r{n}"), leaving=never) for n in range(3)]
    assert ended == [f"r{n} for local" for n in range(3)]


async def test_a_call_that_waits_for_leave_to_use_tokens_is_not_made_by_a_worker_that_has_left(
    url: str,
) -> None:
    capacity = Capacity(paces={"m": Pace(tokens_per_minute=TICKET_TOKENS)})
    host = WorkerHost(url, version="1", duties=(duties := Recorder()), capacity=capacity)
    async with host.open():
        await host.begin()
        errands = Errands(url, version="1")
        asked = [asyncio.create_task(_called(errands, f"r{number}")) for number in range(2)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        while not await asyncio.to_thread(_found, url, name=TICKET, status="ENQUEUED"):
            pass  # until one of the calls waits for a ticket, which comes in a minute
        assert host.underway() == 1
        await host.leave(closing=True)
        assert host.underway() == 0
        assert len(duties.done) == 1
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)


async def _called(errands: Errands, run: str, *, tenant: str = "tenant", tickets: int = 1) -> str:
    key = f"{run}/a/model-x"
    call = Errand(CALL, calls_queue("m"), (run, tenant, key, CALL_TEXT, "m", tickets), tenant)
    return await errands.result(key, call, leaving=never)


class Graveyard:
    """A register with one more worker, which says nothing any more."""

    def __init__(self, dead: str) -> None:
        self.dead = {dead: 7}

    def join(self, executor: str, version: str, place: str) -> None: ...

    def beat(self, executor: str) -> bool:
        return True

    def others(self, executor: str) -> dict[str, int]:
        return dict(self.dead)

    def claim(self, dead: str, number: int) -> bool:
        return self.dead.get(dead) == number

    def leave(self, executor: str) -> None:
        self.dead.pop(executor, None)


class Conducting(Recorder):
    """Its runs ask for a call, and then, if they are to, hang."""

    def __init__(self, url: str, *, hangs: bool) -> None:
        super().__init__()
        self.hanging = asyncio.Event()
        self.answers: list[str] = []
        self._url, self._hangs = url, hangs

    async def run(self, run: str, tenant: str, leaving: Leaving, /) -> str:
        self.answers.append(await _called(Errands(self._url, version="1"), run, tickets=0))
        if self._hangs:
            self.hanging.set()
            await asyncio.Event().wait()
        return f"{run} is whole"


async def test_a_dead_worker_s_work_is_done_by_another_and_what_had_ended_is_not_asked_for_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbos_lease, "BEAT_SECONDS", 0.01)
    capacity = Capacity(paces={"m": Pace(at_once=2)})
    first, second = Conducting(url, hangs=True), Conducting(url, hangs=False)
    async with worker(url, first, capacity=capacity):
        DbosRecord(url, version="1").enqueue("r1", "local")
        await first.hanging.wait()
        dead = DBOS.executor_id
    assert [one.workflow_id for one in _found(url, executor_id=dead, status="PENDING")] == ["r1"]

    host = WorkerHost(url, version="1", duties=second, capacity=capacity)
    told: list[str] = []
    lease = Lease(host, Graveyard(dead), version="1", place="here", tell=told.append)
    async with host.open():
        await host.begin()
        keeping = asyncio.create_task(lease.keep())
        assert await Errands(url, version="1").result("r1", errand("r1"), leaving=never) == "r1 is whole"
        keeping.cancel()
        await asyncio.wait({keeping})
        alive = host.executor
    assert told == [f"Worker {dead} is dead; 1 tasks of it are handed on."]
    assert (first.done, second.done) == (["r1"], []), "the model was asked once, by the dead worker"
    assert first.answers == second.answers == ["answered"]
    [ended] = _found(url, workflow_ids=["r1"])
    assert (ended.status, ended.executor_id) == ("SUCCESS", alive)


async def test_calls_of_a_model_with_a_pace_are_made_when_tickets_allow(url: str) -> None:
    pace = Pace(at_once=2, at_once_per_tenant=1, requests_per_minute=100, tokens_per_minute=1000)
    duties = Recorder()
    assert [tickets_for(tokens, pace) for tokens in (1, 501, 9999)] == [1, 2, 2]
    async with worker(url, duties, capacity=Capacity(paces={"m": pace})) as errands:
        arguments = ("r1", "tenant", "r1/a/model-x", CALL_TEXT, "m", 2)
        call = Errand(CALL, calls_queue("m"), arguments, "tenant")
        assert await errands.result("r1/a/model-x", call, leaving=never) == "answered"
    assert duties.done == ["r1"]
