"""The use cases of time: runs that begin, or go on, when it is due."""

import hashlib
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from makery.app.options import AnyOrder, BuildOptions, ResumeOptions, TeamOptions
from makery.app.parts import Parts, Stores
from makery.app.shown import is_detached
from makery.durable.planned import Planned
from makery.kernel.errors import InputError
from makery.store.access import LOCAL
from makery.store.runs import RunRecord, id_of


class WakeUp(ResumeOptions):
    """A run that is to go on."""

    kind: Literal["resume"] = "resume"


_JUST_NOW = timedelta(minutes=1)
"""A time that was to come when it was typed."""
Due = BuildOptions | TeamOptions | WakeUp
_DUE: TypeAdapter[Due] = TypeAdapter(Annotated[Due, Field(discriminator="kind")])


class Scheduling(ABC):
    """Plans what workers are to begin later. See `Factory`."""

    _parts: Parts

    def plan(
        self,
        name: str,
        order: Due,
        *,
        cron: str = "",
        at: datetime | None = None,
        timezone: str = "UTC",
        catch_up: bool = False,
    ) -> None:
        """Have workers begin something whenever a cron text says so, or once at a time.

        Args:
            name: of the schedule.
            order: for a new program, a team's task, or the waking of a run.
            cron: five fields, or six with seconds first.
            at: one time; with a time zone.
            timezone: of the cron text.
            catch_up: whether times at which no worker was there are made up for.

        Raises:
            InputError: no or both times are given, or name, time, order or run are not usable;
                the time has passed.
            StorageFailure: the database cannot be used.
        """
        if not name.strip():
            raise InputError("A schedule has a name.", remedy="For example: makery schedule add nightly …")
        if bool(cron) == (at is not None):
            raise InputError("Say when: either a cron text or one time.")
        if at is not None and at < datetime.now(UTC) - _JUST_NOW:
            raise InputError(f"{at.isoformat(timespec='minutes')} has passed.", remedy="Give a time to come.")
        self._insist_on_order(order)
        text = order.model_dump_json()
        schedules = self._parts.schedules()
        if at is not None:
            schedules.add_once(name, at, text)
        else:
            schedules.add_recurring(name, cron, text, timezone=timezone, catch_up=catch_up)

    def planned(self) -> tuple[Planned, ...]:
        """What will begin, by name.

        Raises:
            StorageFailure: the database cannot be used.
        """
        return self._parts.schedules().list()

    def unplan(self, name: str) -> None:
        """Have it begin no more; what it began goes on.

        Raises:
            InputError: nothing of that name is planned.
            StorageFailure: the database cannot be used.
        """
        self._parts.schedules().remove(name)

    def begin_planned(self, name: str, at: str, text: str) -> str:
        """Begin what is due; asked for twice for the same time, once. Gives the run's id.

        Raises:
            InputError: the run to be woken is not there any more.
            StorageFailure: the database cannot be used.
        """
        order = _DUE.validate_json(text)
        runs = self._open().runs
        if isinstance(order, WakeUp):
            record = runs.get(order.run)
            if record.status != "running" and not record.over:
                self.enqueue_again(record, order)
            return record.id
        run = _run_of(name, at)
        if runs.known(run):  # noted by a worker that died before it could put it into the queue
            self._parts.record().enqueue(run, LOCAL)
            return run
        return self.enqueue(order, run_id=run, tenant=LOCAL).id

    def _insist_on_order(self, order: Due) -> None:
        if isinstance(order, WakeUp):
            record = self._open().runs.get(order.run)
            if not is_detached(record):
                raise InputError(
                    f"Run {record.id!r} is done by the process that works on it, not by workers.",
                    remedy="Only a run that was begun with --detach can be woken at a time.",
                )
            return
        self.insist_on_order(order)

    @abstractmethod
    def _open(self) -> Stores: ...

    @abstractmethod
    def insist_on_order(self, options: AnyOrder) -> str:
        """See `Spreading`."""

    @abstractmethod
    def enqueue(self, options: AnyOrder, *, run_id: str, tenant: str) -> RunRecord:
        """See `Spreading`."""

    @abstractmethod
    def enqueue_again(self, record: RunRecord, options: ResumeOptions) -> RunRecord:
        """See `Spreading`."""


def _run_of(name: str, at: str) -> str:
    """The id of the run that a schedule begins at a time: always the same."""
    moment = datetime.fromisoformat(at)
    digest = hashlib.sha256(f"{name}\n{at}".encode()).digest()
    return id_of((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), digest)
