"""Joins store, durable engine and workers' queues."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from makery.app.parts import Order, RunWorkspace, Stores
from makery.app.settings import Settings
from makery.app.work_parts import Spread
from makery.kernel.events import Answered
from makery.kernel.message import Message
from makery.kernel.ports import Ledger, Workspace

if TYPE_CHECKING:
    from makery.durable.calls import Elsewhere
    from makery.durable.dbos_errands import Errands
    from makery.durable.dbos_host import DbosHost
    from makery.durable.dbos_queues import Capacity
    from makery.durable.dbos_worker import Duties
    from makery.durable.planned import Schedules
    from makery.durable.record import Record
    from makery.durable.steps import DurableEngine
    from makery.store.cache import SettledCache
    from makery.store.database import Database
    from makery.store.reservations import Reservations
    from makery.store.run_files import RunFiles
    from makery.store.workers import WorkerRow


class InstalledWork:
    """Where runs are kept, and by whom their acts are performed. See `makery.app.build.Installed`."""

    _settings: Settings

    @cached_property
    def _database(self) -> "Database":
        from makery.store.database import Database

        return Database.open(self._settings.database_url)

    def stores(self) -> Stores:
        """The database of runs and events."""
        from makery.store.ledger import SqlLedger
        from makery.store.runs import Runs

        return Stores(runs=Runs(self._database), ledger=SqlLedger(self._database))

    # --------------------------------------------------------------------- engines

    @cached_property
    def _version(self) -> str:
        from importlib.metadata import version

        return version("makery")

    @cached_property
    def _host(self) -> "DbosHost":
        from makery.durable.dbos_host import DbosHost

        return DbosHost(self._settings.database_url, version=self._version)

    @cached_property
    def _errands(self) -> "Errands":
        from makery.durable.dbos_errands import Errands

        return Errands(self._settings.database_url, version=self._version)

    @asynccontextmanager
    async def engine(self, run: str, recorded: Iterable[Message]) -> AsyncIterator["DurableEngine"]:
        """Acts are performed in this process, and kept by DBOS unless the settings say otherwise."""
        answer = partial(_answer, self.stores().ledger, run)
        if self._settings.engine == "inline":
            from makery.durable.inline import InlineEngine

            yield InlineEngine(recorded, answer=answer)
            return
        from makery.durable.dbos_engine import DbosEngine

        async with self._host.open() as host:
            yield DbosEngine(host, run, recorded, answers=partial(_answers, self.stores().ledger, run))

    @asynccontextmanager
    async def spread_engine(
        self, run: str, recorded: Iterable[Message], spread: Spread
    ) -> AsyncIterator["DurableEngine"]:
        """See `WorkParts`."""
        from makery.durable.dbos_spread import SpreadEngine

        errands = self._errands
        async with self._host.open() as host:
            yield SpreadEngine(
                host,
                errands,
                run,
                tenant=spread.tenant,
                recorded=recorded,
                leaving=spread.leaving,
                answers=partial(_answers, self.stores().ledger, run),
            )

    def record(self) -> "Record":
        """DBOS's, unless the settings name the inline engine."""
        if self._settings.engine == "inline":
            from makery.durable.record import NoRecord

            return NoRecord()
        from makery.durable.dbos_record import DbosRecord

        return DbosRecord(self._settings.database_url, version=self._version)

    # --------------------------------------------------------------------- workers

    def reservations(self, run: str) -> "Reservations":
        """See `WorkParts`."""
        from makery.store.reservations import Reservations

        return Reservations(self._database, run)

    def run_files(self, run: str) -> "RunFiles":
        """In the database, or in the folder that the settings name."""
        from makery.store.blobs import DatabaseBlobs, FolderBlobs
        from makery.store.run_files import RunFiles

        folder = self._settings.workers.files
        blobs = FolderBlobs(Path(folder).expanduser()) if folder else DatabaseBlobs(self._database)
        return RunFiles(self._database, blobs, run)

    def shelved_workspace(self, run: str, root: Path) -> RunWorkspace:
        """See `WorkParts`."""
        from makery.workspace.shelved import ShelvedWorkspace

        return ShelvedWorkspace.restored(root, self.run_files(run))

    def shelve(self, run: str, root: Path) -> None:
        """See `WorkParts`."""
        from makery.workspace.shelved import shelve

        shelve(root, self.run_files(run))

    def distant_workspace(self, run: str, root: Path) -> Workspace:
        """See `WorkParts`."""
        from makery.workspace.shelved import DistantWorkspace

        return DistantWorkspace(self.run_files(run), root)

    def workers(self) -> "tuple[WorkerRow, ...]":
        """See `WorkParts`."""
        from makery.store.workers import Workers

        return Workers(self._database).list()

    def schedules(self) -> "Schedules":
        """DBOS's."""
        from makery.durable.dbos_schedules import DbosSchedules
        from makery.kernel.errors import SettingsError

        if self._settings.engine == "inline":
            raise SettingsError("The inline engine has no schedules.", remedy="Set engine = 'dbos'.")
        self.stores()  # makes the folder of a database that is not there yet
        return DbosSchedules(self._settings.database_url)

    async def work(self, duties: "Duties", tell: Callable[[str], object]) -> None:
        """See `WorkParts`."""
        import socket

        from makery.durable.dbos_lease import Lease
        from makery.durable.dbos_worker import WorkerHost
        from makery.store.workers import Workers

        host = WorkerHost(
            self._settings.database_url,
            version=self._version,
            duties=duties,
            capacity=self._capacity(),
            announce=lambda executor: lease.join(executor),
        )
        self._host = host  # acts performed here use the worker's, for DBOS is one in a process
        lease = Lease(
            host, Workers(self._database), version=self._version, place=socket.gethostname(), tell=tell
        )
        try:
            async with host.open():
                await host.begin()
                tell(
                    f"Worker {host.executor} of version {self._version} takes work from {self._database.name}"
                )
                await lease.keep()
        finally:
            await lease.end()

    def _capacity(self) -> "Capacity":
        from makery.durable.dbos_queues import Capacity, Pace

        given = self._settings.workers
        paces = {name: Pace.model_validate(pace.model_dump()) for name, pace in given.models.items()}
        return Capacity(runs=given.runs, acts=given.acts, paces=paces)

    def _cache(self, order: Order) -> "SettledCache | None":
        """What was answered to other runs of the same organisation."""
        from makery.store.cache import SettledCache, SqlCompletionCache
        from makery.store.ownership import Ownership

        if not self._settings.cache or order.replay is not None:
            return None
        whose = Ownership(self._database).organisation(order.run)
        return SettledCache(SqlCompletionCache(self._database, organisation=whose))

    def _elsewhere(self, order: Order, model: str) -> "Elsewhere | None":
        """Through the queue of the model, if workers do the run and the model has a pace."""
        from makery.durable.dbos_spread import SpreadEngine

        pace = self._capacity().paces.get(model)
        engine = order.steps
        if pace is None or not isinstance(engine, SpreadEngine):
            return None
        return partial(engine.ask, model=model, pace=pace)


def _answer(ledger: Ledger, run: str, act: str) -> str | None:
    """What somebody sent to an act, as the ledger has it."""
    return next(iter(_answers(ledger, run, act)), None)


def _answers(ledger: Ledger, run: str, act: str) -> list[str]:
    answers = (entry.event for entry in ledger.entries(run) if isinstance(entry.event, Answered))
    return [answer.reply for answer in answers if answer.act == act]
