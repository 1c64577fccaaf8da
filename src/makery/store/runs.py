"""The list of runs: what was asked, with what, and how it ended."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue
from sqlalchemy import Row, delete, func, insert, select, update

from makery.kernel.artifact import Frozen
from makery.kernel.budget import Limits
from makery.kernel.errors import InputError
from makery.store.database import Database
from makery.store.tables import events, removals, runs

RunStatus = Literal["running", "ended", "paused", "failed", "cancelled"]
"""`ended`: delivered, whatever the verdict; `paused`: can be continued; `failed`: an error stopped it;
`cancelled`: somebody gave it up, so that it is not continued."""

HEAD = 200
"""Characters of the requirement that the list keeps; the whole is in the ledger."""

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 (https://www.crockford.com/base32.html): in order, and without look-alikes."""


class RunRecord(Frozen):
    """One run, as `makery runs list` shows it."""

    id: str
    created: float
    """Unix time, seconds."""
    ended: float | None = None
    requirement: str
    """Its beginning."""
    mode: str
    model: str
    out: str
    status: RunStatus = "running"
    exit_status: int | None = None
    verdict: str = ""
    """The verdict's sentence."""
    limits: Limits = Limits()
    options: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether it is over for good: nothing continues it, and it asks nobody any more."""
        return self.status in ("ended", "cancelled")


class Runs:
    """Keeps the list.

    Args:
        database: where it is kept.
        clock: Unix time in seconds.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(
        self,
        requirement: str,
        *,
        mode: str,
        model: str,
        out: str,
        limits: Limits | None = None,
        options: Mapping[str, JsonValue] | None = None,
        id: str = "",  # noqa: A002 - the column's name
    ) -> RunRecord:
        """A new run, under a new id unless the caller made one with `new_id`.

        Raises:
            StorageFailure: it cannot be written.
        """
        now = self._clock()
        record = RunRecord(
            id=id or new_id(now),
            created=now,
            requirement=" ".join(requirement[: 2 * HEAD].split())[:HEAD],
            mode=mode,
            model=model,
            out=out,
            limits=limits or Limits(),
            options=dict(options or {}),
        )
        with self._database.writing() as connection:
            connection.execute(insert(runs).values(**record.model_dump(mode="json")))
        return record

    def get(self, run: str) -> RunRecord:
        """The run of that id, or the only one whose id begins or ends so.

        Raises:
            InputError: there is none, or more than one.
            StorageFailure: the list cannot be read.
        """
        exact = select(runs).where(runs.c.id == run)
        part = runs.c.id.startswith(run, autoescape=True) | runs.c.id.endswith(run, autoescape=True)
        with self._database.reading() as connection:
            found = (
                connection.execute(exact).all() or connection.execute(select(runs).where(part).limit(2)).all()
            )
            if len(found) != 1 or not run:
                several = "More than one run is" if found else "No run is"
                raise InputError(f"{several} called {run!r}.", remedy="See: makery runs list")
            return _record(found[0])

    def known(self, run: str) -> bool:
        """Whether there is a run of exactly that id.

        Raises:
            StorageFailure: the list cannot be read.
        """
        with self._database.reading() as connection:
            return connection.execute(select(runs.c.id).where(runs.c.id == run)).scalar() is not None

    def insist_on_sound(self) -> None:
        """Look through the whole database, which takes about a second for each GB.

        Raises:
            StorageFailure: it is damaged.
        """
        self._database.check()

    def list(self, *, most: int | None = 100) -> tuple[RunRecord, ...]:
        """The newest runs, newest first; None gives all.

        Raises:
            StorageFailure: the list cannot be read.
        """
        newest = select(runs).order_by(runs.c.created.desc(), runs.c.id.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(newest))

    def finish(self, run: str, *, exit_status: int, verdict: str = "") -> RunRecord:
        """Note how the run ended; its status follows from the exit status.

        Raises:
            InputError: no run has that id.
            StorageFailure: it cannot be written.
        """
        return self._change(
            run,
            ended=self._clock(),
            exit_status=exit_status,
            verdict=verdict,
            status=status_of(exit_status),
        )

    def cancel(self, run: str) -> RunRecord:
        """Note that nobody wants the run any more.

        Raises:
            InputError: no run has that id.
            StorageFailure: it cannot be written.
        """
        return self._change(run, status="cancelled")

    def remove(self, run: str) -> None:
        """Remove the run and its ledger, for good.

        Raises:
            StorageFailure: it cannot be written; nothing is removed then.
        """
        with self._database.writing() as connection:
            connection.execute(insert(removals).values(run=run, at=self._clock()))
            connection.execute(delete(events).where(events.c.run == run))
            connection.execute(delete(runs).where(runs.c.id == run))

    def older_than(self, seconds: float) -> tuple[RunRecord, ...]:
        """Runs that are not under way and began, and ended if they did, so long ago; the oldest first.

        Raises:
            StorageFailure: the list cannot be read.
        """
        limit = self._clock() - seconds
        old = (
            select(runs)
            .where(runs.c.created < limit, func.coalesce(runs.c.ended, 0) < limit, runs.c.status != "running")
            .order_by(runs.c.created)
        )
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(old))

    def reopen(
        self, run: str, *, limits: Limits | None = None, options: Mapping[str, JsonValue] | None = None
    ) -> RunRecord:
        """Note that the run goes on, perhaps within other limits or with other options.

        Raises:
            InputError: no run has that id.
            StorageFailure: it cannot be written.
        """
        changed: dict[str, Any] = {"limits": limits.model_dump(mode="json")} if limits else {}
        if options is not None:
            changed["options"] = dict(options)
        return self._change(run, ended=None, exit_status=None, status="running", **changed)

    def _change(self, run: str, **values: Any) -> RunRecord:
        with self._database.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))
        return self.get(run)


def status_of(exit_status: int) -> RunStatus:
    """What an exit status of `makery build` means for the list."""
    if exit_status in (0, 3):
        return "ended"
    return "paused" if exit_status in (4, 130) else "failed"


def new_id(now: float) -> str:
    """13 characters that sort by time (to the millisecond) and differ in the last four if made at once."""
    return id_of(now, secrets.token_bytes(4))


def id_of(moment: float, source: bytes) -> str:
    """The id of a run at a Unix time; its last four characters follow from the first bytes of `source`."""
    milliseconds = int(moment * 1000)
    time_part = "".join(_DIGITS[milliseconds >> shift & 31] for shift in range(40, -1, -5))
    return time_part + "".join(_DIGITS[byte & 31] for byte in source[:4])


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord.model_validate(dict(row._mapping))
