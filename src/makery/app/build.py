"""The only place that names concrete parts: joins gateway, sandbox, verifier, store and teams for a run.

Everything is imported where it is used, so that looking at the list of runs loads no model client.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from makery.app.build_societies import InstalledSocieties
from makery.app.parts import Company, Order, Registers, RunWorkspace, Stores
from makery.app.screenshots import Screenshots
from makery.app.settings import PatienceSettings, Settings
from makery.kernel.budget import Budget
from makery.kernel.documents import Requirement
from makery.kernel.events import Answered, ModelCalled
from makery.kernel.message import Message
from makery.kernel.ports import (
    EventSink,
    Ledger,
    Models,
    PackageIndex,
    Sandbox,
    SearchEngine,
    SpeechEngine,
    Verifier,
    Workspace,
)
from makery.kernel.role import Role
from makery.kernel.skill import Toolbox

if TYPE_CHECKING:
    from makery.durable.dbos_host import DbosHost
    from makery.durable.record import Record
    from makery.durable.steps import DurableEngine
    from makery.llm.cassette import Cassette
    from makery.llm.catalogue import ModelEntry
    from makery.llm.connection import Connection
    from makery.llm.retry import CallPolicy
    from makery.store.database import Database


class Installed(InstalledSocieties):
    """The parts that are installed here.

    Args:
        settings: what is set.
        environ: the process's environment, for keys and base URLs under their providers' usual names.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        super().__init__(settings, environ)

    # ------------------------------------------------------------------ company

    @property
    def company(self) -> Company:
        """The software company."""
        from makery.teams import software_company

        return software_company

    def roles(self) -> Mapping[str, Role]:
        """Built-in roles and those of installed packages."""
        from makery.roles.registry import load_roles

        return load_roles()

    # -------------------------------------------------------------------- store

    @cached_property
    def _database(self) -> "Database":
        from makery.store.database import Database

        return Database.open(self._settings.database_url)

    def stores(self) -> Stores:
        """The database of runs and events."""
        from makery.store.ledger import SqlLedger
        from makery.store.runs import Runs

        return Stores(runs=Runs(self._database), ledger=SqlLedger(self._database))

    def registers(self) -> Registers:
        """The tables of a server, in the same database; made when a server first needs them."""
        from makery.store.access import Access
        from makery.store.ownership import Ownership
        from makery.store.relay_usage import RelayUsage
        from makery.store.webhooks import Webhooks

        database = self._database
        return Registers(Access(database), Ownership(database), Webhooks(database), RelayUsage(database))

    @cached_property
    def _host(self) -> "DbosHost":
        from importlib.metadata import version

        from makery.durable.dbos_host import DbosHost

        return DbosHost(self._settings.database_url, version=version("makery"))

    @asynccontextmanager
    async def engine(self, run: str, recorded: Iterable[Message]) -> AsyncIterator["DurableEngine"]:
        """Acts are performed in this process, and kept by DBOS unless the settings say otherwise."""
        if self._settings.engine == "inline":
            from makery.durable.inline import InlineEngine

            yield InlineEngine(recorded, answer=partial(_answer, self.stores().ledger, run))
            return
        from makery.durable.dbos_engine import DbosEngine

        async with self._host.open() as host:
            yield DbosEngine(host, run, recorded)

    def record(self) -> "Record":
        """DBOS's, unless the settings name the inline engine."""
        if self._settings.engine == "inline":
            from makery.durable.record import NoRecord

            return NoRecord()
        from makery.durable.dbos_record import DbosRecord

        return DbosRecord(self._settings.database_url)

    # ---------------------------------------------------------------- workspace

    def new_workspace(self, root: Path, *, build_over: bool = False) -> RunWorkspace:
        """An empty folder that is a git repository."""
        from makery.workspace.repository import GitWorkspace

        return GitWorkspace.create(root, build_over=build_over)

    def repository(self, root: Path) -> RunWorkspace:
        """An existing repository without open changes."""
        from makery.workspace.repository import GitWorkspace

        return GitWorkspace.open(root)

    def workspace(self, root: Path) -> RunWorkspace:
        """The folder of a run that goes on."""
        from makery.workspace.repository import GitWorkspace

        return GitWorkspace(root)

    # ---------------------------------------------------------------- workbench

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        """Quoted clauses and the recognised target; nothing is executed for that."""
        from makery.sandbox.bubblewrap import BubblewrapSandbox

        return self._verifier(BubblewrapSandbox(), None).read_requirement(text, seed=seed)

    def workbench(
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AbstractAsyncContextManager[Toolbox]:
        """The tools of one sitting."""
        return self._opened(order, budget, emit, workspace)

    @asynccontextmanager
    async def _opened(
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AsyncIterator[Toolbox]:
        from makery.durable.commands import DurableSandbox
        from makery.languages.registry import Registry
        from makery.sandbox.recorded import RecordedSandbox

        sandbox = DurableSandbox(RecordedSandbox(self._sandbox(order), emit), order.steps)
        connection = self.connection(order)
        try:
            yield Toolbox(
                models=self._models(connection, order, budget, emit),
                sandbox=sandbox,
                languages=Registry(sandbox),
                verifier=self._verifier(sandbox, workspace),
                packages=self.packages(),
                search=self._search,
                speech=self._speech,
                workspace=workspace,
            )
        finally:
            await connection.aclose()

    def sandbox_name(self) -> str:
        """The sandbox that works here."""
        return self._sandbox(Order(run="", model="")).name

    def sandbox(self, *, unsafe_local: bool = False) -> Sandbox:
        """The sandbox that works here."""
        return self._sandbox(Order(run="", model="", unsafe_local=unsafe_local))

    def packages(self) -> PackageIndex:
        """One folder for each set of packages, below the data folder."""
        from makery.sandbox.packages import Installer
        from makery.sandbox.shared_packages import SharedPackages

        return SharedPackages(Installer(), self._settings.home / "packages")

    def _sandbox(self, order: Order) -> Sandbox:
        from makery.sandbox.choose import choose

        wanted = self._settings.sandbox
        prefer = "auto" if wanted == "unsafe-local" else wanted
        return choose(unsafe_local=order.unsafe_local, prefer=prefer)

    def _verifier(self, sandbox: Sandbox, workspace: Workspace | None) -> Verifier:
        from makery.languages.recognise import recognise
        from makery.languages.registry import Registry
        from makery.verify.verifier import SandboxVerifier

        keep = Screenshots(workspace) if workspace is not None else None
        return SandboxVerifier(Registry(sandbox), sandbox, recognise, keep=keep)

    def _models(self, connection: "Connection", order: Order, budget: Budget, emit: EventSink) -> Models:
        from makery.durable.calls import CallTap, DurableModels
        from makery.llm.gateway import Gateway
        from makery.llm.seeded import SeededModels
        from makery.store.cache import SettledCache, SqlCompletionCache

        cached = self._settings.cache and order.replay is None
        cache = SettledCache(SqlCompletionCache(self._database)) if cached else None
        tap = CallTap(emit)
        gateway = Gateway(
            connection=connection,
            budget=budget,
            sink=tap,
            cache=cache,
            cassette=_cassette(order, connection.entry.name),
            policy=_policy(connection.entry, self._settings.patience),
            allow_unknown_price=order.any_price,
        )
        models = DurableModels(
            gateway,
            order.steps,
            tap,
            budget,
            counted=partial(_is_counted, self.stores().ledger, order.run),
            settled=cache.settle if cache is not None else _nothing,
        )
        return SeededModels(models, order.seed) if order.seed else models

    def _search(self) -> SearchEngine:
        from makery.search.choose import SearchSettings, choose

        return choose(SearchSettings.model_validate(self._settings.search.model_dump()))

    def _speech(self) -> SpeechEngine:
        from makery.speech.choose import SpeechSettings, choose

        return choose(SpeechSettings.model_validate(self._settings.speech.model_dump()))


def _answer(ledger: Ledger, run: str, act: str) -> str | None:
    """What somebody sent to an act, as the ledger has it."""
    answers = (entry.event for entry in ledger.entries(run) if isinstance(entry.event, Answered))
    return next((answer.reply for answer in answers if answer.act == act), None)


def _is_counted(ledger: Ledger, run: str, call: ModelCalled) -> bool:
    """Whether the ledger holds that call of that act."""
    known = (entry.event for entry in ledger.entries(run) if isinstance(entry.event, ModelCalled))
    return any(event.digest == call.digest and event.purpose.act == call.purpose.act for event in known)


def _nothing(digest: str) -> None:
    """For runs without a cache."""


def _policy(entry: "ModelEntry", given: PatienceSettings) -> "CallPolicy":
    """What the settings say, and what is usual for the model where they say nothing."""
    from makery.llm.retry import CallPolicy

    said = {
        "attempts": given.attempts,
        "first_wait": given.first_wait,
        "first_token_seconds": given.first_token_seconds,
        "idle_seconds": given.idle_seconds,
        "seconds": given.answer_seconds,
    }
    return CallPolicy.usual(entry).model_copy(update={k: v for k, v in said.items() if v is not None})


def _cassette(order: Order, model: str) -> "Cassette | None":
    from makery.llm.cassette import Recording, Replay

    if order.replay is not None:
        return Replay(order.replay)
    return Recording(order.record, model) if order.record is not None else None
