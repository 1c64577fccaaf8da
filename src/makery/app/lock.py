"""One process at a time works on a run."""

import fcntl
from pathlib import Path
from typing import TextIO

from makery.kernel.errors import InputError, StorageFailure


class RunLock:
    """A run's lock; the system gives it back when the process dies, however it dies."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @classmethod
    def take(cls, folder: Path, run: str) -> "RunLock":
        """The lock of the run that works in a folder.

        Raises:
            InputError: somebody holds it.
            StorageFailure: the lock file cannot be written.
        """
        path = _path(folder)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise StorageFailure(f"Cannot write {str(path)!r}: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(
                f"Run {run!r} is being worked on already.", remedy="Wait for it, or stop it first."
            ) from None
        return cls(file)

    @staticmethod
    def held(folder: Path) -> bool:
        """Whether a living process works on the run in a folder; false where that cannot be looked up."""
        try:
            with _path(folder).open("r", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def release(self) -> None:
        """Give it back."""
        self._file.close()


def _path(folder: Path) -> Path:
    return folder / ".makery" / "lock"
