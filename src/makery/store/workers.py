"""Which workers there are."""

import time
from collections.abc import Callable

from sqlalchemy import delete, insert, select, update

from makery.kernel.artifact import Frozen
from makery.store.database import Database
from makery.store.work_tables import metadata, workers


class WorkerRow(Frozen):
    """A worker that says it is alive, or has not been missed yet."""

    executor: str
    version: str
    place: str
    number: int
    joined: float
    """Unix time, seconds."""


class Workers:
    """Keeps the register. See `makery.durable.dbos_lease.Beats`.

    Args:
        database: where it is kept.
        clock: Unix time in seconds; for people only.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        database.make(metadata)

    def join(self, executor: str, version: str, place: str) -> None:
        """Be known from now on, whether or not known before."""
        row = WorkerRow(executor=executor, version=version, place=place, number=0, joined=self._clock())
        with self._database.writing() as connection:
            connection.execute(delete(workers).where(workers.c.executor == executor))
            connection.execute(insert(workers).values(**row.model_dump()))

    def beat(self, executor: str) -> bool:
        """Count up; False if the worker is not known any more."""
        with self._database.writing() as connection:
            row = update(workers).where(workers.c.executor == executor)
            return connection.execute(row.values(number=workers.c.number + 1)).rowcount > 0

    def others(self, executor: str) -> dict[str, int]:
        """The numbers of all other workers."""
        return {row.executor: row.number for row in self.list() if row.executor != executor}

    def claim(self, dead: str, number: int) -> bool:
        """Count a dead worker up by one, if nobody did since it was looked at."""
        with self._database.writing() as connection:
            row = update(workers).where(workers.c.executor == dead, workers.c.number == number)
            return connection.execute(row.values(number=number + 1)).rowcount > 0

    def leave(self, executor: str) -> None:
        """Be known no more."""
        with self._database.writing() as connection:
            connection.execute(delete(workers).where(workers.c.executor == executor))

    def list(self) -> tuple[WorkerRow, ...]:
        """All, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(workers).order_by(workers.c.joined))
            return tuple(WorkerRow.model_validate(dict(row._mapping)) for row in rows)
