"""Watches one started process to its end: pumps its pipes, enforces its limits, kills what exceeds them."""

import asyncio
import os
import selectors
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from subprocess import Popen
from typing import Literal, TypeVar

from makery.kernel.errors import ContractViolation
from makery.kernel.ports import CommandLimits
from makery.sandbox.output import CappedOutput

Exceeded = Literal["", "time", "memory", "processes", "disk", "output"]

TICK = 0.02
"""Seconds between two looks at the limits."""
LINGER = 0.5
"""Seconds that pipes may stay open after the process has ended: an escaped child may hold them."""
FLOOD = 256
"""A stream of this many times its cap is a flood: the command is ended, not drained for ever."""

Result = TypeVar("Result")


class Cancelled(Exception):
    """The caller stopped waiting; the command has been killed."""


@dataclass(frozen=True)
class Ended:
    """How a process ended, before a sandbox adds what it collected."""

    status: int
    """As `Popen.returncode` has it; -9 if a limit ended it."""
    stdout: CappedOutput
    stderr: CappedOutput
    seconds: float
    exceeded: Exceeded


class Supervision:
    """One process under watch. `check` tells the limit that is exceeded now, `kill` ends the whole tree."""

    def __init__(
        self,
        process: "Popen[bytes]",
        *,
        stdin: bytes,
        limits: CommandLimits,
        check: Callable[[], Exceeded],
        kill: Callable[[], None],
        cancelled: threading.Event,
    ) -> None:
        self._process = process
        self._pending = memoryview(stdin)
        self._limits = limits
        self._check = check
        self._kill = kill
        self._cancelled = cancelled
        cap = limits.output_kib * 1024
        self._stdout, self._stderr = CappedOutput(cap), CappedOutput(cap)
        self._selector = selectors.DefaultSelector()
        self._exceeded: Exceeded = ""

    def to_the_end(self) -> Ended:
        """Block until the process and its pipes have ended.

        Raises:
            Cancelled: the caller's event was set; the process is dead by then.
        """
        started = time.monotonic()
        try:
            with self._selector, self._ending():
                self._register()
                self._watch(started + self._limits.seconds)
        finally:
            self._kill()
            status = self._process.wait()
        if self._cancelled.is_set():
            raise Cancelled
        cut = self._stdout.cut or self._stderr.cut
        return Ended(
            status=-9 if self._exceeded else status,
            stdout=self._stdout,
            stderr=self._stderr,
            seconds=time.monotonic() - started,
            exceeded=self._exceeded or ("output" if cut else ""),
        )

    def _ending(self) -> "_EndNotice":
        return _EndNotice(self._process.pid, self._selector)

    def _register(self) -> None:
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ContractViolation("A supervised process needs pipes for its three streams.")
        for stream in (process.stdin, process.stdout, process.stderr):
            os.set_blocking(stream.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, self._stdout)
        self._selector.register(process.stderr, selectors.EVENT_READ, self._stderr)
        if self._pending:
            self._selector.register(process.stdin, selectors.EVENT_WRITE, None)
        else:
            process.stdin.close()

    def _watch(self, deadline: float) -> None:
        look, give_up = 0.0, float("inf")
        while self._open_pipes() and (now := time.monotonic()) < give_up:
            if now >= look:
                look = now + TICK
                if self._must_end(now, deadline):
                    self._kill()
                    give_up = min(give_up, now + LINGER)
                elif self._process.poll() is not None:
                    give_up = min(give_up, now + LINGER)
            for key, _ in self._selector.select(TICK):
                self._move(key)
        self._wait_without_pipes(deadline)

    def _wait_without_pipes(self, deadline: float) -> None:
        """A process may close its streams and go on: the limits still hold for it."""
        while self._process.poll() is None and not self._must_end(time.monotonic(), deadline):
            for key, _ in self._selector.select(TICK):
                self._move(key)

    def _must_end(self, now: float, deadline: float) -> bool:
        if self._exceeded or self._cancelled.is_set():
            return True
        if self._process.poll() is None:
            flood = max(self._stdout.total, self._stderr.total) > FLOOD * self._limits.output_kib * 1024
            self._exceeded = "time" if now >= deadline else "output" if flood else self._check()
        return bool(self._exceeded)

    def _open_pipes(self) -> bool:
        return any(isinstance(key.data, CappedOutput) for key in self._selector.get_map().values())

    def _move(self, key: selectors.SelectorKey) -> None:
        if isinstance(key.data, _EndNotice):
            self._selector.unregister(key.fileobj)
        elif isinstance(key.data, CappedOutput):
            piece = os.read(key.fd, 1 << 16)
            if piece:
                key.data.take(piece)
            else:
                self._selector.unregister(key.fileobj)
        else:
            self._feed(key)

    def _feed(self, key: selectors.SelectorKey) -> None:
        try:
            self._pending = self._pending[os.write(key.fd, self._pending[: 1 << 16]) :]
        except BrokenPipeError:
            self._pending = self._pending[:0]
        if not self._pending and self._process.stdin:
            self._selector.unregister(key.fileobj)
            with suppress(BrokenPipeError):
                self._process.stdin.close()


class _EndNotice:
    """Wakes the selector the moment the process ends, where the system can tell (Linux)."""

    def __init__(self, pid: int, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def __enter__(self) -> None:
        if self._handle is not None:
            self._selector.register(self._handle, selectors.EVENT_READ, self)

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)


async def in_own_thread(work: Callable[[threading.Event], Result]) -> Result:
    """What `work` returns, run in a thread of its own so that a busy event loop cannot delay its limits.

    When the caller is cancelled, the event that `work` got is set, and its end is awaited.
    """
    cancelled = threading.Event()
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")
    future = asyncio.wrap_future(executor.submit(work, cancelled))
    executor.shutdown(wait=False)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        cancelled.set()
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()  # seen: the caller asked for the end, not for its reason
        raise
