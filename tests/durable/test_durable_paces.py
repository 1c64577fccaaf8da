"""How fast a model may be called holds for all workers together: here two processes on one PostgreSQL."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from makery.durable.dbos_errands import Errands
from makery.durable.dbos_host import DbosHost
from makery.durable.dbos_queues import (
    CALL,
    POLL_SECONDS,
    RUN,
    RUNS,
    TICKET,
    TICKET_TOKENS,
    Errand,
    Pace,
    calls_queue,
    tickets_for,
    tickets_queue,
)
from makery.durable.dbos_record import DbosRecord, record_client
from makery.kernel.completion import ModelCall, Prompt

WORKER = Path(__file__).with_name("paced_worker.py")
CALL_TEXT = ModelCall(prompt=Prompt(system="s", user="u")).model_dump_json()
MODEL = "m"
CALLS = 6
LOOKS = 3
"""Tasks that the second worker is seen to do, one after the other, each found by a look at its queues."""
MINUTE = 60_000


class Door:
    """Where workers ask before they end anything: lets calls wait, and counts those that are in it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.held = asyncio.Event()
        """Somebody hangs in a run."""
        self.callers: list[int] = []
        """The process of each call, in the order in which they came."""
        self.changed = asyncio.Condition()
        self.within: Counter[str] = Counter()
        """Calls at the moment, by tenant."""
        self.most = 0
        self.most_of_one = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        gone = asyncio.create_task(reader.read())
        if asked["what"] == "call":
            await self._call(asked, gone)
        elif asked["name"] == "hangs":
            self.held.set()
            await asyncio.wait({gone})
        gone.cancel()
        writer.write(b"done\n")
        writer.close()

    async def _call(self, asked: dict[str, str], gone: "asyncio.Task[bytes]") -> None:
        self.within[asked["tenant"]] += 1
        self.most = max(self.most, self.within.total())
        self.most_of_one = max(self.most_of_one, *self.within.values())
        async with self.changed:
            self.callers.append(int(asked["process"]))
            self.changed.notify_all()
        may = asyncio.create_task(self.open.wait())
        await asyncio.wait({gone, may}, return_when=asyncio.FIRST_COMPLETED)
        may.cancel()
        self.within[asked["tenant"]] -= 1

    async def until(self, count: int) -> None:
        """Wait until so many calls have come."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.callers) >= count)


class Shop:
    """A database, a door, a desk that orders, and workers that come and go."""

    def __init__(self, url: str, pace: Pace, door: Door, port: int, stack: AsyncExitStack) -> None:
        self.url, self.pace, self.door = url, pace, door
        self.errands = Errands(url, version="1")
        self._port = port
        self._stack = stack

    async def worker(self) -> Process:
        """A worker that takes work: of runs, one at a time."""
        capacity = json.dumps([1, {MODEL: self.pace.model_dump()}])
        words = (sys.executable, str(WORKER), self.url, str(self._port), capacity)
        process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
        self._stack.push_async_callback(_ended, process)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        return process

    async def call(self, number: int, tenant: str) -> str:
        """The number of the process that made a call."""
        key = f"r{number}/a/model-x"
        tickets = tickets_for(TICKET_TOKENS, self.pace)
        arguments = (f"r{number}", tenant, key, CALL_TEXT, MODEL, tickets)
        partition = tenant if self.pace.at_once_per_tenant else None
        errand = Errand(CALL, calls_queue(MODEL), arguments, partition)
        return await self.errands.result(key, errand, leaving=lambda: False)

    async def run(self, name: str) -> str:
        """The number of the process that did a run."""
        return await self.errands.result(name, Errand(RUN, RUNS, (name, "local")), leaving=lambda: False)

    def starts(self, name: str) -> list[int]:
        """When those workflows were begun, in milliseconds by the database's clock, in order."""
        with record_client(self.url) as client:
            found = client.list_workflows(name=name)
        return sorted(one.dequeued_at for one in found if one.dequeued_at is not None)

    def lift(self) -> None:
        """From now on nothing limits how many calls begin in a minute."""
        with record_client(self.url) as client:
            for name in (calls_queue(MODEL), tickets_queue(MODEL)):
                client.register_queue(name, polling_interval_sec=POLL_SECONDS)


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


@asynccontextmanager
async def shop(url: str, pace: Pace) -> AsyncIterator[Shop]:
    door = Door()
    server = await asyncio.start_server(door.answer, "127.0.0.1", 0)
    async with server, DbosHost(url, version="1").open(), AsyncExitStack() as stack:
        yield Shop(url, pace, door, server.sockets[0].getsockname()[1], stack)


Limit = Literal["at once", "by tenant", "requests", "tokens"]
PACES: dict[Limit, Pace] = {
    "at once": Pace(at_once=2),
    "by tenant": Pace(at_once_per_tenant=1),
    "requests": Pace(requests_per_minute=2),
    "tokens": Pace(tokens_per_minute=2 * TICKET_TOKENS),
}


@pytest.mark.parametrize("limit", PACES)
async def test_a_limit_of_a_model_is_one_for_all_workers(postgresql_url: str, limit: Limit) -> None:
    """The first worker uses the limit up. The second finds no room until the first has left."""
    async with shop(postgresql_url, PACES[limit]) as made:
        first = await made.worker()
        DbosRecord(made.url, version="1").enqueue("hangs", "local")
        await made.door.held.wait()  # the first worker takes no further run
        asked = [asyncio.create_task(made.call(number, f"t{number % 2}")) for number in range(CALLS)]
        await made.door.until(2)

        second = await made.worker()
        for look in range(LOOKS):
            assert await made.run(f"look{look}") == str(second.pid)
        await _insist_on_shared(made, limit)

        assert first.stdin is not None
        first.stdin.close()
        assert await first.wait() == 0
        before = len(made.door.callers)
        if limit in ("requests", "tokens"):
            await asyncio.to_thread(made.lift)
        made.door.open.set()
        done = await asyncio.gather(*asked)
    assert set(done) == {str(second.pid)}, "what the first one gave back, the second has done"
    assert set(made.door.callers[before:]) == {second.pid}
    if limit == "at once":
        assert made.door.most == 2
    if limit == "by tenant":
        assert made.door.most_of_one == 1


async def _insist_on_shared(made: Shop, limit: Limit) -> None:
    if limit in ("at once", "by tenant"):
        assert len(made.door.callers) == 2
        return
    starts = await asyncio.to_thread(made.starts, TICKET if limit == "tokens" else CALL)
    assert len(starts) >= 2
    assert all(third - one >= MINUTE for one, third in zip(starts, starts[2:], strict=False))
