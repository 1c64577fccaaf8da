"""The only place that names concrete parts: joins gateway, sandbox, verifier, store and teams for a run.

Everything is imported where it is used, so that looking at the list of runs loads no model client.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from makery.app.build_societies import InstalledSocieties
from makery.app.build_work import InstalledWork
from makery.app.parts import Company, Order, Registers, RunWorkspace
from makery.app.screenshots import Screenshots
from makery.app.settings import PatienceSettings, Settings
from makery.kernel.absent import NoNotebook
from makery.kernel.budget import Budget
from makery.kernel.completion import ModelCall
from makery.kernel.documents import Check, Requirement
from makery.kernel.events import ModelCalled
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
    from makery.durable.calls import DurableModels
    from makery.llm.cassette import Cassette
    from makery.llm.catalogue import ModelEntry
    from makery.llm.connection import Connection
    from makery.llm.retry import CallPolicy
    from makery.sandbox.notebook import SandboxNotebook


class Installed(InstalledSocieties, InstalledWork):
    """The parts that are installed here.

    Args:
        settings: what is set.
        environ: the process's environment, for keys and base URLs under their providers' usual names.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        super().__init__(settings, environ)
        self._chosen: dict[bool, Sandbox] = {}
        """What was seen to work, with and without leave to run without isolation."""

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

    def registers(self) -> Registers:
        """The tables of a server, in the same database; made when they are first needed."""
        from makery.store.access import Access
        from makery.store.ownership import Ownership
        from makery.store.published_teams import PublishedTeams
        from makery.store.relay_usage import RelayUsage
        from makery.store.webhooks import Webhooks

        database = self._database
        return Registers(
            access=Access(database),
            ownership=Ownership(database),
            webhooks=Webhooks(database),
            relay_usage=RelayUsage(database),
            teams=PublishedTeams(database),
        )

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

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        """The checks that the requirement itself holds; nothing is executed for that."""
        from makery.sandbox.bubblewrap import BubblewrapSandbox

        return self._verifier(BubblewrapSandbox(), None).examples(requirement)

    def workbench(
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AbstractAsyncContextManager[Toolbox]:
        """The tools of one sitting."""
        return self._opened(order, budget, emit, workspace)

    @asynccontextmanager
    async def _opened(
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AsyncIterator[Toolbox]:
        from makery.durable.cells import DurableNotebook
        from makery.durable.commands import DurableSandbox
        from makery.languages.registry import Registry
        from makery.sandbox.recorded import RecordedSandbox

        plain = self._sandbox(order)
        sandbox = DurableSandbox(RecordedSandbox(plain, emit), order.steps)
        connections = self._connections(order)
        notebook = _notebook(plain, emit)
        try:
            yield Toolbox(
                models=self._models_of(connections, order, budget, emit),
                sandbox=sandbox,
                languages=Registry(sandbox),
                verifier=self._verifier(sandbox, workspace),
                packages=self.packages(),
                search=self._search,
                speech=self._speech,
                workspace=workspace,
                notebook=DurableNotebook(notebook, order.steps) if notebook else NoNotebook(),
            )
        finally:
            if notebook:
                notebook.close()
            for connection in connections.values():
                await connection.aclose()

    def _connections(self, order: Order) -> "dict[str, Connection]":
        """The run's model and those of single roles, by name."""
        names = dict.fromkeys((order.model, *order.role_models.values()))
        return {name: self.connection(replace(order, model=name)) for name in names}

    def _models_of(
        self, connections: "Mapping[str, Connection]", order: Order, budget: Budget, emit: EventSink
    ) -> Models:
        from makery.llm.role_models import RoleModels

        cassette = _cassette(order, connections[order.model].entry.name)
        all_of_them = {
            name: self._models(connection, order, budget, emit, cassette)
            for name, connection in connections.items()
        }
        own = {role: all_of_them[name] for role, name in order.role_models.items()}
        return RoleModels(all_of_them[order.model], own) if own else all_of_them[order.model]

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

        name, leave = self._settings.sandbox, order.unsafe_local
        if name not in ("bubblewrap", "docker", "auto", "unsafe-local"):
            from makery.app.offered import offered_sandbox, sandboxes

            return offered_sandbox(sandboxes()[name])
        if leave not in self._chosen:
            prefer = name if name in ("bubblewrap", "docker") else "auto"
            self._chosen[leave] = choose(unsafe_local=leave, prefer=prefer)
        return self._chosen[leave]

    def _verifier(self, sandbox: Sandbox, workspace: Workspace | None) -> Verifier:
        from makery.languages.recognise import recognise
        from makery.languages.registry import Registry
        from makery.verify.verifier import SandboxVerifier

        keep = Screenshots(workspace) if workspace is not None else None
        return SandboxVerifier(Registry(sandbox), sandbox, recognise, keep=keep)

    def _models(
        self,
        connection: "Connection",
        order: Order,
        budget: Budget,
        emit: EventSink,
        cassette: "Cassette | None",
    ) -> Models:
        from makery.llm.seeded import SeededModels

        models = self._durable_models(connection, order, budget, emit, cassette)
        return SeededModels(models, order.seed) if order.seed else models

    def _durable_models(
        self,
        connection: "Connection",
        order: Order,
        budget: Budget,
        emit: EventSink,
        cassette: "Cassette | None",
    ) -> "DurableModels":
        from makery.durable.calls import CallTap, DurableModels
        from makery.llm.gateway import Gateway

        cache = self._cache(order)
        tap = CallTap(emit)
        gateway = Gateway(
            connection=connection,
            budget=budget,
            sink=tap,
            cache=cache,
            cassette=cassette,
            policy=_policy(connection.entry, self._settings.patience),
            allow_unknown_price=order.any_price,
        )
        return DurableModels(
            gateway,
            order.steps,
            tap,
            budget,
            counted=partial(_is_counted, self.stores().ledger, order.run),
            settled=cache.settle if cache is not None else _nothing,
            elsewhere=self._elsewhere(order, connection.entry.name),
        )

    async def make_call(self, order: Order, budget: Budget, emit: EventSink, call: ModelCall) -> str:
        """A call by this process, on behalf of whichever worker waits for it."""
        name = order.role_models.get(call.purpose.role, order.model)
        connection = self.connection(replace(order, model=name))
        cassette = _cassette(order, connection.entry.name)
        try:
            return await self._durable_models(connection, order, budget, emit, cassette).ask(call)
        finally:
            await connection.aclose()

    def _search(self) -> SearchEngine:
        from makery.search.choose import SearchSettings, choose

        return choose(SearchSettings.model_validate(self._settings.search.model_dump()))

    def _speech(self) -> SpeechEngine:
        from makery.speech.choose import SpeechSettings, choose

        return choose(SpeechSettings.model_validate(self._settings.speech.model_dump()))


def _notebook(sandbox: Sandbox, emit: EventSink) -> "SandboxNotebook | None":
    """A notebook where a process can stay in the sandbox; it starts nothing before the first cell."""
    from makery.sandbox.box import OpensBoxes
    from makery.sandbox.notebook import SandboxNotebook

    return SandboxNotebook(sandbox, emit) if isinstance(sandbox, OpensBoxes) else None


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
