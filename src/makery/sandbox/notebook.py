"""Runs cells in one process that stays in the sandbox: variables, the shell's folder, running things stay.

When that process is lost (it crashed, ate all memory, or Makery itself was killed), a new one runs the
earlier cells again, silently, on the files as they are now, puts the files back as they were, and says so.
What cannot be had again in this way: random numbers without a seed, times, and what cells read before others
changed it.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from makery.kernel.cells import Cell, CellEnd, CellRun
from makery.kernel.events import CommandRun, TextStreamed
from makery.kernel.ports import EventSink
from makery.sandbox.box import OpensBoxes
from makery.sandbox.session import Session, open_session
from makery.sandbox.supervise import Cancelled

CELL_SECONDS = 60.0


class SandboxNotebook:
    """The `Notebook` port on a sandbox in which a process can stay. Close it at the end of a sitting.

    Args:
        sandbox: where the session lives.
        emit: gets the output as it comes, and how each cell ended.
        seconds: after which a cell is stopped.
    """

    def __init__(self, sandbox: OpensBoxes, emit: EventSink, *, seconds: float = CELL_SECONDS) -> None:
        self._sandbox = sandbox
        self._emit = emit
        self._seconds = seconds
        self._stack = ExitStack()
        # The kernel of Linux ends a box with the thread that started it: one thread for all its life.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="notebook")
        self._session: Session | None = None
        self._ran: tuple[Cell, ...] = ()

    async def run(self, wanted: CellRun, /) -> CellEnd:
        """Run a cell after the earlier ones. See `Notebook`.

        Raises:
            SandboxUnavailable: no session can be started.
        """
        loop, cancelled = asyncio.get_running_loop(), threading.Event()

        def tell(text: str) -> None:
            event = TextStreamed(purpose=wanted.purpose, text=text)
            loop.call_soon_threadsafe(self._emit, event)

        started = time.monotonic()
        future = loop.run_in_executor(self._thread, lambda: self._run(wanted, tell, cancelled))
        try:
            end = await asyncio.shield(future)
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.wait([future])
            future.exception()  # seen: the caller asked for the end, not for its reason
            raise
        self._emit(_command(wanted.cell, end, time.monotonic() - started))
        return end

    def close(self) -> None:
        """End the session, if there is one."""
        self._thread.submit(self._forget).result()
        self._thread.shutdown()

    def _run(self, wanted: CellRun, tell: Callable[[str], None], cancelled: threading.Event) -> CellEnd:
        try:
            session, note = self._prepared(wanted, cancelled)
            if note:
                tell(f"{note}\n")
            end = session.run(wanted.cell, self._seconds, tell, cancelled)
        except Cancelled:
            self._forget()
            raise
        if end.lost:
            self._forget()
        else:
            self._ran = (*wanted.earlier, *((wanted.cell,) if end.repeatable else ()))
        return end.model_copy(update={"note": " ".join(filter(None, (note, end.note)))})

    def _prepared(self, wanted: CellRun, cancelled: threading.Event) -> tuple[Session, str]:
        """A session that has run the earlier cells and holds the files; what there is to say about it."""
        if self._session is not None and self._ran == wanted.earlier:
            self._session.put(wanted.files)
            return self._session, ""
        session = self._anew(wanted)
        for number, cell in enumerate(wanted.earlier, 1):
            if session.run(cell, self._seconds, None, cancelled).lost:
                lost = f"[New session: cell {number} of the earlier ones ended it, so it begins empty.]"
                return self._anew(wanted), lost
        if not wanted.earlier:
            return session, ""
        session.put(wanted.files)
        return session, f"[New session: {len(wanted.earlier)} earlier cells were run again.]"

    def _anew(self, wanted: CellRun) -> Session:
        self._forget()
        self._session = open_session(self._sandbox, wanted.files, self._stack)
        return self._session

    def _forget(self) -> None:
        self._session, self._ran = None, ()
        self._stack.close()


def _command(cell: Cell, end: CellEnd, seconds: float) -> CommandRun:
    return CommandRun(
        purpose="cell",
        argv=(cell.language, cell.code),
        exit_status=-9 if end.lost else int(end.failed),
        seconds=seconds,
        reason="",
    )
