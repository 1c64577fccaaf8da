"""What the calls of a run that are under way may cost, for all processes that work on it."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from makery.kernel.budget import Reservation
from makery.store.database import Database
from makery.store.tables import runs
from makery.store.work_tables import metadata, reservations

Check = Callable[[Sequence[Reservation]], None]
"""Raises if there is no room beside those."""


class Reservations:
    """One run's. A reservation has a key, and numbers for the attempts under it.

    Args:
        database: where they are kept.
        run: the run's id.
    """

    def __init__(self, database: Database, run: str) -> None:
        self._database = database
        self._run = run
        database.make(metadata)

    def add(self, key: str, attempt: int, wanted: Reservation, check: Check) -> None:
        """Keep one if the check lets it; the processes of a run take turns.

        Raises:
            LimitReached: what the check raises; nothing is kept then.
            StorageFailure: the database cannot be written.
        """
        with self._database.writing() as connection:
            # On SQLite a writing transaction is alone; on PostgreSQL the run's row is what is waited for.
            connection.execute(select(runs.c.id).where(runs.c.id == self._run).with_for_update())
            check(self._held(connection))
            row = {"run": self._run, "key": key, "attempt": attempt, **wanted.model_dump()}
            connection.execute(insert(reservations).values(**row))

    def change(self, key: str, attempt: int, cost: Reservation) -> None:
        """Put what it did cost in its place."""
        with self._database.writing() as connection:
            row = update(reservations).where(*self._mine(key), reservations.c.attempt == attempt)
            connection.execute(row.values(**cost.model_dump()))

    def drop(self, key: str, attempt: int | None = None) -> None:
        """Remove one attempt's, or all of the key."""
        which = () if attempt is None else (reservations.c.attempt == attempt,)
        with self._database.writing() as connection:
            connection.execute(delete(reservations).where(*self._mine(key), *which))

    def clear(self) -> None:
        """Remove all of the run: nobody works on it."""
        with self._database.writing() as connection:
            connection.execute(delete(reservations).where(reservations.c.run == self._run))

    def _held(self, connection: Connection) -> list[Reservation]:
        wanted = select(reservations.c.tokens, reservations.c.usd).where(reservations.c.run == self._run)
        return [Reservation(tokens=row.tokens, usd=row.usd) for row in connection.execute(wanted)]

    def _mine(self, key: str):  # noqa: ANN202 - SQLAlchemy's name for it is long
        return reservations.c.run == self._run, reservations.c.key == key
