"""Who is alive: workers that say so again and again, and take over from those that do not.

DBOS hands a dead process's work on when it is told that the process is dead; finding that out is left to
its users. A worker counts up a number in the database. One whose number stands still, over several looks in
a row, is dead: no clock is compared with another machine's, and looks that fail count for nobody.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from makery.durable.dbos_worker import WorkerHost
from makery.kernel.errors import MakeryError

BEAT_SECONDS = 2.0
DEAD_AFTER_LOOKS = 5
"""So many looks at an unmoved number."""
ALONE_SECONDS = 7.0
"""A worker that could not count for so long stops its own work: it must, before others take it over."""


class Beats(Protocol):
    """The register of workers in the database; `makery.store.workers.Workers` is the real one."""

    def join(self, executor: str, version: str, place: str) -> None:
        """Be known from now on."""
        ...

    def beat(self, executor: str) -> bool:
        """Count up; False if others have taken this worker for dead."""
        ...

    def others(self, executor: str) -> dict[str, int]:
        """The numbers of all other workers."""
        ...

    def claim(self, dead: str, number: int) -> bool:
        """Take it on oneself to hand on a dead worker's tasks; False if somebody else did."""
        ...

    def leave(self, executor: str) -> None:
        """Be known no more."""
        ...


class Lease:
    """Keeps a worker known as living, and hands on what dead ones had.

    Args:
        host: the worker's; it is to announce itself to `join`.
        beats: the register.
        version: of this program.
        place: for people: where the worker is.
        tell: is told what happens, in a sentence.
    """

    def __init__(
        self, host: WorkerHost, beats: Beats, *, version: str, place: str, tell: Callable[[str], object]
    ) -> None:
        self._host = host
        self._beats = beats
        self._version = version
        self._place = place
        self._tell = tell
        self._known = ""
        """Under what name."""
        self._seen: dict[str, tuple[int, int]] = {}
        """By worker: its number, and how often it was seen unmoved."""

    def join(self, executor: str) -> None:
        """Be known: before DBOS takes work, or nobody would miss a worker that dies at once.

        Raises:
            StorageFailure: the database cannot be used.
        """
        self._beats.join(executor, self._version, self._place)
        self._known = executor

    async def keep(self) -> None:
        """Go on until cancelled; then work stops, and `end` leaves it to others."""
        try:
            await self._watch()
        finally:
            await self._host.leave(closing=True)

    async def end(self) -> None:
        """Leave everything to others, once the host is closed: until then, DBOS takes work from the queues.

        The worker is known up to the end, so that others find what it had if it dies before.

        Raises:
            StorageFailure: the database cannot be used.
        """
        if self._known:
            await asyncio.to_thread(self._host.hand_on, self._known)
            await asyncio.to_thread(self._beats.leave, self._known)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        alone = False
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                if not await asyncio.to_thread(self._beats.beat, self._host.executor) or alone:
                    await self._begin_anew()
                await self._look()
            except MakeryError as failure:
                if not alone and loop.time() - last > ALONE_SECONDS:
                    self._tell(f"The database is out of reach; work is stopped. {failure}")
                    alone = True
                    await self._host.leave()
                continue
            last, alone = loop.time(), False

    async def _begin_anew(self) -> None:
        """Others may have taken this worker's work: stop it, give back what is left, begin again."""
        self._tell("This worker was out of reach for a while: its work is handed on.")
        await self._host.leave()
        await asyncio.to_thread(self._host.hand_on, self._host.executor)
        await asyncio.to_thread(self.join, self._host.executor)
        await self._host.begin()

    async def _look(self) -> None:
        numbers = await asyncio.to_thread(self._beats.others, self._host.executor)
        self._seen = {name: self._again(name, number) for name, number in numbers.items()}
        for name, (number, looks) in self._seen.items():
            if looks >= DEAD_AFTER_LOOKS and await asyncio.to_thread(self._beats.claim, name, number):
                count = await asyncio.to_thread(self._host.hand_on, name)
                await asyncio.to_thread(self._beats.leave, name)
                self._tell(f"Worker {name} is dead; {count} tasks of it are handed on.")

    def _again(self, name: str, number: int) -> tuple[int, int]:
        known, looks = self._seen.get(name, (number, -1))
        return (number, looks + 1) if known == number else (number, 0)
