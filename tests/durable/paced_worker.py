"""A worker in a process of its own: whatever it does, it asks a door for leave and waits for the answer.

    python paced_worker.py DATABASE_URL PORT_OF_THE_DOOR CAPACITY_AS_JSON

Says `ready` once it takes work. When its standard input ends, it leaves its work to others and ends.
"""

import asyncio
import json
import os
import sys

from makery.durable.dbos_queues import Capacity, Pace
from makery.durable.dbos_worker import Leaving, WorkerHost
from makery.kernel.act import Act
from makery.kernel.completion import ModelCall


class Asking:
    """Duties that are done as soon as the door says so; their outcome is the process's number."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def run(self, run: str, tenant: str, leaving: Leaving, /) -> str:
        return await self._ask("run", run, tenant)

    async def act(self, run: str, tenant: str, act: Act, /) -> str:
        return await self._ask("act", run, tenant)

    async def call(self, run: str, tenant: str, call: ModelCall, /) -> str:
        return await self._ask("call", run, tenant)

    async def begin(self, name: str, at: str, order: str, /) -> str:
        return await self._ask("begin", name, "")

    async def _ask(self, what: str, name: str, tenant: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            asked = {"what": what, "name": name, "tenant": tenant, "process": os.getpid()}
            writer.write(f"{json.dumps(asked)}\n".encode())
            await reader.readline()
        finally:
            writer.close()
        return str(os.getpid())


async def work(url: str, port: str, capacity: str) -> None:
    """Work until standard input ends."""
    runs, paces = json.loads(capacity)
    known = {model: Pace.model_validate(pace) for model, pace in paces.items()}
    host = WorkerHost(url, version="1", duties=Asking(int(port)), capacity=Capacity(runs=runs, paces=known))
    async with host.open():
        await host.begin()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await host.leave(closing=True)
    host.hand_on(host.executor)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
