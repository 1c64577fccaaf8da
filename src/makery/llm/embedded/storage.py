"""Turns what the operating system says about disks and folders into the error tree."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from makery.kernel.errors import StorageFailure

_REMEDIES = {
    errno.ENOSPC: "Free some space, or choose another folder in the settings.",
    errno.EDQUOT: "Free some of your quota, or choose another folder in the settings.",
    errno.EFBIG: "Files of this size are refused there; choose another folder in the settings.",
    errno.EROFS: "The file system is read-only; choose another folder in the settings.",
    errno.EACCES: "Make the folder writable, or choose another one in the settings.",
    errno.EPERM: "Make the folder writable, or choose another one in the settings.",
    errno.ENOTDIR: "A file is in the way; choose another folder in the settings.",
}


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Inside it, an `OSError` of a disk or folder comes out as StorageFailure; others stay as they are.

    Raises:
        StorageFailure: full disk, exceeded quota, read-only or forbidden folder.
    """
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        if remedy is None:
            raise
        raise StorageFailure(f"Cannot write to {folder}: {error.strerror}.", remedy=remedy) from error
