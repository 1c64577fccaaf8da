"""The append-only event log, in the database."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Executable, Row, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from makery.kernel.errors import ContractViolation, StorageFailure
from makery.kernel.events import Entry, Event, TextStreamed
from makery.kernel.remedies import RESTORE
from makery.kernel.sealed import checksum
from makery.store.database import Database
from makery.store.tables import events

_ATTEMPTS = 50
_EVENT: TypeAdapter[Any] = TypeAdapter(Event)


class SqlLedger:
    """The kernel's `Ledger` port. Triggers refuse every change of what was written.

    Args:
        database: where it is kept.
        clock: Unix time in seconds.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._insert = _following(read=False)
        self._insert_after = _following(read=True)

    def append(self, run: str, event: Event, /) -> Entry:
        """Store an event under the run's next number; it is on the disk when this returns.

        Raises:
            ContractViolation: the event is a piece of streamed text, which is for live views only.
            StorageFailure: it cannot be written.
        """
        if isinstance(event, TextStreamed):
            raise ContractViolation("Streamed text is for live views; the ledger does not keep it.")
        for _ in range(_ATTEMPTS):
            entry = self._try(self._insert, run, event)
            if entry is not None:
                return entry
        raise StorageFailure(
            f"The ledger of run {run!r} is written by too many at once.", remedy="End the other writers."
        )

    def append_after(self, run: str, event: Event, /, *, last: int) -> Entry | None:
        """Store an event that follows from what was read; None if an entry came after `last` meanwhile.

        Raises:
            StorageFailure: it cannot be written.
        """
        return self._try(self._insert_after, run, event, last=last)

    def entries(self, run: str, *, after: int = 0) -> Iterator[Entry]:
        """The run's entries with `seq > after`, in order; none for an unknown run.

        Raises:
            StorageFailure: they cannot be read, one is damaged or missing, or a newer Makery wrote an event
                that this one does not know.
        """
        after = max(0, after)
        wanted = select(events).where(events.c.run == run, events.c.seq > after).order_by(events.c.seq)
        with self._database.reading() as connection:
            rows = connection.execute(wanted).all()
        return (_entry(row, number) for number, row in enumerate(rows, after + 1))

    def lines(self, run: str, *, after: int = 0) -> Iterator[str]:
        """The entries as JSON Lines, each with its line end; `Entry.model_validate_json` reads one back."""
        return (f"{entry.model_dump_json()}\n" for entry in self.entries(run, after=after))

    def _try(self, statement: Executable, run: str, event: Event, **more: int) -> Entry | None:
        """The entry, or None if another writer took the number (on PostgreSQL, which locks no table)."""
        at, text = float(self._clock()), event.model_dump_json()
        digest = _digest(run, at, event.type, text)
        given = {"for_run": run, "at": at, "type": event.type, "event": text, "digest": digest} | more
        try:
            with self._database.writing() as connection:
                seq = connection.execute(statement, given).scalar()
        except StorageFailure as failure:
            if isinstance(failure.__cause__, IntegrityError):
                return None
            raise
        return None if seq is None else Entry(run=run, seq=seq, at=at, event=event)


def _following(*, read: bool) -> Executable:
    """The statement that adds an event under the run's next number; made once, for that takes a while.

    Args:
        read: only if the run's last number is still the one given as `last`.
    """
    run = bindparam("for_run", type_=events.c.run.type)
    newest = func.coalesce(func.max(events.c.seq), 0)
    columns = list(events.c)
    given = (bindparam(column.name, type_=column.type) for column in columns[2:])
    row = select(run, newest + 1, *given).where(events.c.run == run)
    if read:
        row = row.having(newest == bindparam("last", type_=events.c.seq.type))
    return insert(events).from_select(columns, row).returning(events.c.seq)


def _digest(run: str, at: float, kind: str, event: str) -> str:
    """Without the number, which the database gives; that it is right is seen from its neighbours."""
    return checksum(run, repr(at), kind, event)


def _entry(row: Row[Any], number: int) -> Entry:
    """The entry in a row, which has to be the one of that number: a ledger has no gaps."""
    if row.seq != number or row.digest not in (None, _digest(row.run, row.at, row.type, row.event)):
        lacking = "damaged" if row.seq == number else "missing"
        raise StorageFailure(f"Entry {number} of run {row.run!r} is {lacking}.", remedy=RESTORE)
    try:
        event = _EVENT.validate_json(row.event)
    except ValidationError as error:
        raise StorageFailure(
            f"Entry {row.seq} of run {row.run!r} cannot be read: {error.errors()[0]['msg']}.",
            remedy="If a newer Makery wrote it, upgrade this one.",
        ) from error
    return Entry(run=row.run, seq=row.seq, at=row.at, event=event)
