"""Work that begins at a time: DBOS's schedules for what recurs, delayed workflows for what is due once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dbos import DBOS, DBOSClient
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from makery.durable.dbos_host import unusable
from makery.durable.dbos_queues import RUNS, SCHEDULED
from makery.durable.dbos_record import record_client
from makery.durable.planned import Planned
from makery.kernel.errors import InputError

_ONCE = "once-"


class DbosSchedules:
    """Adds, lists and removes what is planned. It begins on whichever worker runs then.

    Args:
        url: of the database, as `DbosHost` takes it.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def add_recurring(self, name: str, cron: str, order: str, *, timezone: str, catch_up: bool) -> None:
        """Have something begin whenever a cron text says so.

        Raises:
            InputError: the cron text or the time zone is none, or the name is taken.
            StorageFailure: the database cannot be used.
        """
        with self._client() as client:
            self._insist_on_free(client, name)
            try:
                client.create_schedule(
                    schedule_name=name,
                    workflow_name=SCHEDULED,
                    schedule=cron,
                    context={"name": name, "order": order, "since": datetime.now(UTC).isoformat()},
                    automatic_backfill=catch_up,
                    cron_timezone=timezone,
                    queue_name=RUNS,
                )
            except dbos_error.DBOSException as error:
                raise InputError(
                    f"The schedule {name!r} cannot be kept: {error.message}.",
                    remedy="For example: --cron '0 9 * * 1-5' --timezone Europe/Berlin",
                ) from error

    def add_once(self, name: str, at: datetime, order: str) -> None:
        """Have something begin at one time; at once if that has passed.

        Raises:
            InputError: the name is taken.
            StorageFailure: the database cannot be used.
        """
        context = {"name": name, "order": order}
        with self._client() as client:
            self._insist_on_free(client, name)
            client.delete_workflows([_ONCE + name])  # one of that name that is over
            client.enqueue(
                {
                    "workflow_name": SCHEDULED,
                    "queue_name": RUNS,
                    "workflow_id": _ONCE + name,
                    "delay_seconds": max(0.0, (at - datetime.now(UTC)).total_seconds()),
                },
                at.isoformat(),
                context,
            )

    def list(self) -> tuple[Planned, ...]:
        """What will begin, by name.

        Raises:
            StorageFailure: the database cannot be used.
        """
        with self._client() as client:
            return self._found(client)

    def remove(self, name: str) -> None:
        """Have it begin no more; what it began goes on.

        Raises:
            InputError: nothing of that name is planned.
            StorageFailure: the database cannot be used.
        """
        with self._client() as client:
            if not any(planned.name == name for planned in self._found(client)):
                raise InputError(f"Nothing called {name!r} is planned.", remedy="See: makery schedule list")
            client.delete_schedule(name)
            client.delete_workflows([_ONCE + name])

    # ----------------------------------------------------------------------- beneath

    def _insist_on_free(self, client: DBOSClient, name: str) -> None:
        if any(planned.name == name for planned in self._found(client)):
            raise InputError(f"The schedule {name!r} is there already.", remedy="makery schedule rm first")

    @staticmethod
    def _found(client: DBOSClient) -> tuple[Planned, ...]:
        recurring = [
            Planned(
                name=known["schedule_name"],
                when=f"{known['schedule']} {known['cron_timezone'] or 'UTC'}",
                order=known["context"]["order"],
                last=known["last_fired_at"] or "",
            )
            for known in client.list_schedules()
        ]
        waiting = client.list_workflows(name=SCHEDULED, status=["DELAYED", "ENQUEUED"], load_output=False)
        due = [
            _due(status.input["args"])
            for status in waiting
            if status.input is not None and status.workflow_id.startswith(_ONCE)
        ]
        return tuple(sorted([*recurring, *due], key=lambda planned: planned.name))

    @contextmanager
    def _client(self) -> Iterator[DBOSClient]:
        try:
            with record_client(self._url) as client:
                yield client
        except SQLAlchemyError as error:
            raise unusable(self._url, error) from error


def make_up() -> None:
    """Begin what was due before the first worker came, where a schedule asks for that.

    DBOS itself makes up only for times after one at which a schedule has begun something.
    """
    for known in DBOS.list_schedules():
        since = known["context"].get("since")
        if known["automatic_backfill"] and not known["last_fired_at"] and since:
            start, now = datetime.fromisoformat(since), datetime.now(UTC)
            DBOS.backfill_schedule(known["schedule_name"], start, now)


def _due(arguments: tuple[str, dict[str, str]]) -> Planned:
    at, context = arguments
    return Planned(name=context["name"], when=at, order=context["order"])
