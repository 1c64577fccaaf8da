"""A run that is under way in this process."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from makery.app.result import RunResult


class RunHandle:
    """Wait for a run, or stop it."""

    def __init__(
        self,
        run_id: str,
        out: Path,
        task: "asyncio.Task[RunResult]",
        *,
        over: bool = False,
    ) -> None:
        self.run_id = run_id
        self.out = out
        self.over = over
        """Whether the run had ended before it was asked for: nothing is done, the result is the old one."""
        self._task = task

    async def wait(self) -> RunResult:
        """The run's result; what stopped it is in the result, not raised.

        Cancelling the waiting task stops the run, and the result says so.
        """
        return await self._task

    def cancel(self) -> bool:
        """Stop the run; False if it was over already."""
        return self._task.cancel()

    def when_done(self, call: Callable[[], object]) -> None:
        """Have something called when the run is over."""
        self._task.add_done_callback(lambda _: call())
