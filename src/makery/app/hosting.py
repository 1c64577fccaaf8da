"""Runs in a thread of their own, so that a server answers while git or a check keeps a run busy."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from makery.app.factory import Factory
from makery.app.handle import RunHandle
from makery.app.options import AnyOrder, ForkOptions, ResumeOptions
from makery.kernel.ports import EventSink

T = TypeVar("T")


class Host:
    """Starts and stops a factory's runs from another event loop. Close it at the end.

    Closing stops the runs; they can be resumed, by whichever interface.
    """

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._loop = asyncio.new_event_loop()
        self._handles: dict[str, RunHandle] = {}
        self._thread = threading.Thread(target=self._work, name="makery-runs", daemon=True)
        self._thread.start()

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that is run where the runs are."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def start_here(
        self, options: AnyOrder, subscribers: Sequence[EventSink], *, run_id: str, tenant: str
    ) -> None:
        """Begin a run; to be awaited inside `call`.

        Raises:
            MakeryError: as `Factory.start`.
        """
        self._keep(await self._factory.start(options, *subscribers, run_id=run_id, tenant=tenant))

    async def fork_here(self, options: ForkOptions, subscribers: Sequence[EventSink], *, run_id: str) -> None:
        """Begin a run from a step of another one; to be awaited inside `call`.

        Raises:
            MakeryError: as `Factory.fork`.
        """
        self._keep(await self._factory.fork(options, *subscribers, run_id=run_id))

    async def resume_here(self, options: ResumeOptions, subscribers: Sequence[EventSink]) -> None:
        """Continue a run; to be awaited inside `call`.

        Raises:
            MakeryError: as `Factory.resume`.
        """
        self._keep(await self._factory.resume(options, *subscribers))

    def works_on(self, run: str) -> bool:
        """Whether a run is under way in this process."""
        return run in self._handles

    def running(self) -> int:
        """How many runs are under way in this process."""
        return len(self._handles)

    async def close(self) -> None:
        """Stop all runs, wait for them, and end the thread."""
        for run in tuple(self._handles):
            await self.call(self._leave(run))
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    def _keep(self, handle: RunHandle) -> None:
        self._handles[handle.run_id] = handle
        handle.when_done(lambda: self._handles.pop(handle.run_id, None))

    async def _leave(self, run: str) -> None:
        """End this process's part in a run: the work on it, or only the watching of what workers do."""
        handle = self._handles.get(run)
        if handle is not None and handle.cancel():
            await asyncio.gather(handle.wait(), return_exceptions=True)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
