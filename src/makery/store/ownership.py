"""Whose a run is, and the list of runs as one tenant sees it."""

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from makery.kernel.artifact import Frozen
from makery.kernel.errors import StorageFailure
from makery.store.access import DEFAULT, LOCAL
from makery.store.access_tables import idempotency, metadata, run_owners
from makery.store.database import Database
from makery.store.runs import RunRecord
from makery.store.tables import runs


class Owner(Frozen):
    """To whom a run belongs."""

    organisation: str
    project: str
    user: str = ""


class OwnedRun(Frozen):
    """A run and whose it is."""

    record: RunRecord
    owner: Owner


class Claim(Frozen):
    """What was done before under an idempotency key."""

    digest: str
    run: str


class Ownership:
    """Keeps who owns which run. A run that nobody claimed was made by the machine's operator.

    Args:
        database: where it is kept.
        clock: Unix time in seconds.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        database.make(metadata)

    def claim(self, run: str, owner: Owner) -> None:
        """Note whose a run will be, before it exists, so that nobody else ever sees it."""
        row = {"run": run, "created": self._clock(), **owner.model_dump()}
        with self._database.writing() as connection:
            connection.execute(insert(run_owners).values(**row))

    def release(self, run: str) -> None:
        """Take a claim back: the run did not come to be."""
        with self._database.writing() as connection:
            connection.execute(delete(run_owners).where(run_owners.c.run == run))

    def find(self, run: str, organisation: str, project: str = "") -> OwnedRun | None:
        """The run of exactly that id, if it is that organisation's (and project's, unless '')."""
        rows = self._read(_owned(organisation, project).where(runs.c.id == run))
        return rows[0] if rows else None

    def organisation(self, run: str) -> str:
        """The organisation to which a run belongs; the operator's if nobody claimed it."""
        wanted = select(run_owners.c.organisation).where(run_owners.c.run == run)
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar() or LOCAL

    def page(
        self, organisation: str, project: str = "", *, most: int, before: str = ""
    ) -> tuple[OwnedRun, ...]:
        """An organisation's runs, newest first, those older than the run `before`."""
        # Ids sort by time, so that they are the order and the place in it at once.
        wanted = _owned(organisation, project).order_by(runs.c.id.desc()).limit(most)
        return self._read(wanted.where(runs.c.id < before) if before else wanted)

    def since(self, organisation: str, moment: float) -> tuple[OwnedRun, ...]:
        """An organisation's runs that began at or after a moment, or have not ended."""
        recent = or_(runs.c.created >= moment, runs.c.status == "running")
        return self._read(_owned(organisation).where(recent))

    # ------------------------------------------------------------------ what was used

    def used(self, run: str) -> tuple[int, float] | None:
        """Tokens and USD of an ended run; None if they are not noted yet."""
        wanted = select(run_owners.c.tokens, run_owners.c.usd).where(run_owners.c.run == run)
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        return None if row is None or row.tokens is None else (row.tokens, row.usd)

    def note_used(self, run: str, tokens: int, usd: float) -> None:
        """Note what a run used, now that it has ended."""
        self._set_used(run, tokens, usd)

    def forget_used(self, run: str) -> None:
        """The run goes on: what it used has to be read from its ledger again."""
        self._set_used(run, None, None)

    def _set_used(self, run: str, tokens: int | None, usd: float | None) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(run_owners).where(run_owners.c.run == run).values(tokens=tokens, usd=usd)
            )

    # -------------------------------------------------------------------- idempotency

    def begin_once(self, organisation: str, key: str, digest: str) -> Claim | None:
        """None if the key is new (and now taken), else what was done under it."""
        row = {
            "organisation": organisation,
            "key": key,
            "digest": digest,
            "run": "",
            "created": self._clock(),
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(idempotency).values(**row))
        except StorageFailure as failure:
            if not isinstance(failure.__cause__, IntegrityError):
                raise
            return self._claim(organisation, key)
        return None

    def done_once(self, organisation: str, key: str, run: str) -> None:
        """Note the run that was made under a key."""
        mine = _key(organisation, key)
        with self._database.writing() as connection:
            connection.execute(update(idempotency).where(mine).values(run=run))

    def undo_once(self, organisation: str, key: str) -> None:
        """Free a key under which nothing was made."""
        with self._database.writing() as connection:
            connection.execute(delete(idempotency).where(_key(organisation, key)))

    def _claim(self, organisation: str, key: str) -> Claim | None:
        wanted = select(idempotency.c.digest, idempotency.c.run).where(_key(organisation, key))
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        return Claim(digest=row.digest, run=row.run) if row else None

    def _read(self, wanted: "Select[tuple[object, ...]]") -> tuple[OwnedRun, ...]:
        with self._database.reading() as connection:
            rows = [dict(row._mapping) for row in connection.execute(wanted)]
        return tuple(
            OwnedRun(
                owner=Owner(
                    organisation=row.pop("owner_organisation"),
                    project=row.pop("owner_project"),
                    user=row.pop("owner_user"),
                ),
                record=RunRecord.model_validate(row),
            )
            for row in rows
        )


def _owned(organisation: str, project: str = "") -> "Select[tuple[object, ...]]":
    whose = func.coalesce(run_owners.c.organisation, LOCAL)
    where = func.coalesce(run_owners.c.project, DEFAULT)
    wanted = select(
        runs,
        whose.label("owner_organisation"),
        where.label("owner_project"),
        func.coalesce(run_owners.c.user, "").label("owner_user"),
    ).select_from(runs.outerjoin(run_owners, run_owners.c.run == runs.c.id))
    mine: list[ColumnElement[bool]] = [whose == organisation]
    if project:
        mine.append(where == project)
    return wanted.where(*mine)


def _key(organisation: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency.c.organisation == organisation, idempotency.c.key == key)
