"""Contents under their SHA-256: in the database, or in a folder that several machines share."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from makery.kernel.errors import StorageFailure
from makery.store.database import Database
from makery.store.work_tables import blobs, metadata


class Blobs(Protocol):
    """Keeps contents; the same content is kept once."""

    def put(self, data: bytes) -> str:
        """Keep a content; gives its digest, 64 hex digits.

        Raises:
            StorageFailure: it cannot be written.
        """
        ...

    def get(self, digest: str) -> bytes:
        """The content of a digest.

        Raises:
            StorageFailure: there is none, it is damaged, or it cannot be read.
        """
        ...

    def drop(self, digest: str) -> None:
        """Keep a content no longer.

        Raises:
            StorageFailure: it cannot be removed.
        """
        ...


class DatabaseBlobs:
    """See `Blobs`; they are in the database of the runs, so that a backup of it has all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.make(metadata)

    def put(self, data: bytes) -> str:
        """See `Blobs`."""
        digest = digest_of(data)
        with self._database.writing() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            connection.execute(
                dialect.insert(blobs).values(digest=digest, data=data).on_conflict_do_nothing()
            )
        return digest

    def get(self, digest: str) -> bytes:
        """See `Blobs`."""
        with self._database.reading() as connection:
            data = connection.execute(select(blobs.c.data).where(blobs.c.digest == digest)).scalar()
        return _sound(digest, data)

    def drop(self, digest: str) -> None:
        """See `Blobs`."""
        with self._database.writing() as connection:
            connection.execute(delete(blobs).where(blobs.c.digest == digest))


class FolderBlobs:
    """See `Blobs`; each is a file of a folder that all workers see under the path that is set on each.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """See `Blobs`. A kill at any instant leaves no half file under a digest."""
        digest = digest_of(data)
        path = self._path(digest)
        if path.is_file():
            return digest
        temporary = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise _failure(path, error) from error
        return digest

    def get(self, digest: str) -> bytes:
        """See `Blobs`."""
        path = self._path(digest)
        try:
            data = path.read_bytes() if path.is_file() else None
        except OSError as error:
            raise _failure(path, error) from error
        return _sound(digest, data)

    def drop(self, digest: str) -> None:
        """See `Blobs`."""
        path = self._path(digest)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _failure(path, error) from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def digest_of(data: bytes) -> str:
    """The SHA-256 of a content, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def _sound(digest: str, data: bytes | None) -> bytes:
    if data is None:
        raise StorageFailure(
            f"The content {digest} of a run is not in the file store.",
            remedy="Do all workers have the same setting `files`? Was a backup restored without it?",
        )
    if digest_of(data) != digest:
        raise StorageFailure(f"The content {digest} in the file store is damaged.")
    return data


def _failure(path: Path, error: OSError) -> StorageFailure:
    return StorageFailure(
        f"The file store failed at {str(path)!r}: {error.strerror}.",
        remedy="Is the shared folder mounted, writable, and not full?",
    )
