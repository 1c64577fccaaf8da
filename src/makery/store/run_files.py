"""The files of a run, wherever its acts are performed: names in the database, contents among the blobs."""

from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from makery.store.blobs import Blobs
from makery.store.database import Database
from makery.store.tables import runs
from makery.store.work_tables import metadata, run_files

Kind = Literal["file", "bundle"]


class KeptFile(NamedTuple):
    """A file, or a piece of git history, of a run."""

    kind: Kind
    name: str
    seq: int
    """Grows with every change in the run."""
    digest: str
    """'' for a file that was removed."""


class RunFiles:
    """One run's. See `makery.workspace.shelved.Shelf`.

    Args:
        database: where the names are.
        blobs: where the contents are.
        run: the run's id.
    """

    def __init__(self, database: Database, blobs: Blobs, run: str) -> None:
        self._database = database
        self._blobs = blobs
        self._run = run
        database.make(metadata)

    def put(self, kind: Kind, name: str, data: bytes) -> None:
        """Keep a content under a name; it takes the place of an older one.

        Raises:
            StorageFailure: it cannot be written.
        """
        self._note(kind, name, self._blobs.put(data))

    def remove(self, name: str) -> None:
        """Note that the run has that file no more.

        Raises:
            StorageFailure: it cannot be written.
        """
        self._note("file", name, "")

    def since(self, seq: int) -> tuple[KeptFile, ...]:
        """What changed after a number, oldest first.

        Raises:
            StorageFailure: it cannot be read.
        """
        mine = select(run_files).where(run_files.c.run == self._run, run_files.c.seq > seq)
        with self._database.reading() as connection:
            rows = connection.execute(mine.order_by(run_files.c.seq)).all()
        return tuple(KeptFile(row.kind, row.name, row.seq, row.digest) for row in rows)

    def read(self, digest: str) -> bytes:
        """A content.

        Raises:
            StorageFailure: it is not there, or cannot be read.
        """
        return self._blobs.get(digest)

    def clear(self) -> None:
        """Remove all, and the contents that no other run has.

        Raises:
            StorageFailure: it cannot be written.
        """
        mine = {kept.digest for kept in self.since(0)} - {""}
        with self._database.writing() as connection:
            connection.execute(delete(run_files).where(run_files.c.run == self._run))
            left = select(run_files.c.digest).where(run_files.c.digest.in_(mine))
            shared = set(connection.execute(left).scalars())
        for digest in mine - shared:
            self._blobs.drop(digest)

    def _note(self, kind: Kind, name: str, digest: str) -> None:
        with self._database.writing() as connection:
            # The writers of a run take turns, so that no number is given twice.
            connection.execute(select(runs.c.id).where(runs.c.id == self._run).with_for_update())
            new = {"seq": self._next(connection), "digest": digest}
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            row = dialect.insert(run_files).values(run=self._run, kind=kind, name=name, **new)
            keys = ["run", "kind", "name"]
            connection.execute(row.on_conflict_do_update(index_elements=keys, set_=new))

    def _next(self, connection: Connection) -> int:
        last = select(func.max(run_files.c.seq)).where(run_files.c.run == self._run)
        return (connection.execute(last).scalar() or 0) + 1
