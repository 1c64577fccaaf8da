"""Locks between processes; the operating system releases them when their holder dies."""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

_POLL_SECONDS = 0.1


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock while inside, waiting for it as long as it takes."""
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def async_file_lock(path: Path, *, seconds: float) -> AsyncIterator[None]:
    """Hold the lock while inside, waiting for it without blocking the event loop.

    Raises:
        TimeoutError: somebody else held it all that time.
    """
    deadline = time.monotonic() + seconds
    with path.open("w", encoding="utf-8") as file:
        while not _acquired(file.fileno()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} was locked by another process for {seconds:.0f} s")
            await asyncio.sleep(_POLL_SECONDS)
        yield


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
