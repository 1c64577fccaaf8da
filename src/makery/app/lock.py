"""One process at a time works on a run."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from makery.kernel.errors import InputError, StorageFailure


@contextmanager
def held(folder: Path, run: str) -> Iterator[None]:
    """Hold the run's lock during the block; the system gives it back when the process dies.

    Raises:
        InputError: another process holds it.
        StorageFailure: the lock file cannot be written.
    """
    path = folder / ".makery" / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise StorageFailure(f"Cannot write {str(path)!r}: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"Run {run!r} is being worked on by another process.", remedy="Wait for it, or stop it first."
            ) from None
        yield
