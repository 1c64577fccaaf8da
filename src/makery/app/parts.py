"""What the factory needs from outside, so that tests can hand in stand-ins through its constructor."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from makery.app.models import ModelRow, Trial
from makery.app.options import TeamOptions
from makery.app.work_parts import WorkParts
from makery.durable.record import Record
from makery.durable.steps import DurableEngine, PlainSteps, Steps
from makery.kernel.budget import Budget
from makery.kernel.documents import Check, Requirement, SourceCode
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.ports import EventSink, PackageIndex, People, Sandbox, Toolset, Workspace
from makery.kernel.role import Role
from makery.kernel.skill import Skill, Toolbox
from makery.kernel.team import Team
from makery.store.ledger import SqlLedger
from makery.store.runs import Runs

if TYPE_CHECKING:
    from makery.store.access import Access
    from makery.store.ownership import Ownership
    from makery.store.published_teams import PublishedTeams
    from makery.store.relay_usage import RelayUsage
    from makery.store.webhooks import Webhooks
    from makery.tools.mcp_client import McpServer
    from makery.tools.permission import Rule
    from makery.tools.tool import Tool

TeamMode = Literal["direct", "duo", "company"]


class Company(Protocol):
    """The team that makes software; `makery.teams.software_company` is one."""

    def choose_mode(self, requirement: Requirement) -> TeamMode:
        """Who should work on it."""
        ...

    def team(self, mode: TeamMode, *, candidates: int, one_suite: bool = False) -> Team:
        """Roles and protocol.

        Args:
            candidates: Programs written independently, at most.
            one_suite: The checks of all clauses are asked for at once.
        """
        ...

    def best_program(self, pool: Pool) -> SourceCode | None:
        """The program that would be delivered now; None before there is a whole one."""
        ...


class RunWorkspace(Workspace, Protocol):
    """A workspace with the little of git that a run needs beside the kernel's port."""

    def head(self) -> str: ...

    def branch(self, name: str) -> None: ...

    def current_branch(self) -> str: ...

    def history(self) -> Sequence[tuple[str, str]]: ...

    def parent(self, commit: str) -> str: ...

    def compare(self, old: str, new: str) -> str: ...


@dataclass(frozen=True)
class Stores:
    """Where runs and their events are kept."""

    runs: Runs
    ledger: SqlLedger


@dataclass(frozen=True)
class Registers:
    """Where a server for many keeps who may do what, and what was used."""

    access: "Access"
    ownership: "Ownership"
    webhooks: "Webhooks"
    relay_usage: "RelayUsage"
    teams: "PublishedTeams"


@dataclass(frozen=True)
class Order:
    """What one sitting of a run asks of the workbench."""

    run: str
    model: str
    seed: int = 0
    record: Path | None = None
    replay: Path | None = None
    unsafe_local: bool = False
    any_price: bool = False
    """Whether a model without a known price may be used."""
    role_models: Mapping[str, str] = field(default_factory=dict[str, str])
    """Models of their own, by the names of roles."""
    steps: Steps = field(default_factory=PlainSteps)
    """Where finished model calls and commands are kept."""


@dataclass(frozen=True)
class Society:
    """A team with the tools it may use and the people it may ask."""

    team: Team
    tools: tuple["Tool", ...] = ()
    """Beside the built-in ones."""
    servers: tuple["McpServer", ...] = ()
    apis: tuple["Api", ...] = ()
    permissions: tuple["Rule", ...] = ()
    folder: Path | None = None
    """Where the servers' commands are started: beside the team's file; None is the current folder."""


@dataclass(frozen=True)
class Api:
    """An OpenAPI description whose operations are tools."""

    description: Mapping[str, Any]
    base_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Parts(WorkParts, Protocol):
    """Builds what runs need; `makery.app.build.Installed` is the real one."""

    @property
    def company(self) -> Company: ...

    def stores(self) -> Stores:
        """The database.

        Raises:
            StorageFailure: it cannot be used.
        """
        ...

    def registers(self) -> Registers:
        """The same database's tables of a server.

        Raises:
            StorageFailure: it cannot be used.
        """
        ...

    def skills(self) -> Mapping[str, Skill[Any, Any]]: ...

    def roles(self) -> Mapping[str, Role]: ...

    def society(self, options: TeamOptions) -> "Society":
        """The team that an order's file describes, checked, with its tools.

        Raises:
            InputError: it cannot work; names every problem.
        """
        ...

    def models(self) -> tuple[ModelRow, ...]: ...

    def model_name(self, name: str, *, replay: Path | None = None) -> str:
        """What finds the model again, from any folder; '' is the recorded one of a replay, else the default.

        Raises:
            InputError: no such model; names the nearest.
        """
        ...

    async def try_model(self, name: str) -> Trial:
        """Whether a model answers, in a sentence."""
        ...

    def model_ready(self, name: str) -> str:
        """Says what will be called, after looking whether its key or its weights are here.

        Raises:
            InputError: no such model.
            SettingsError: its key or base URL is missing.
            ModelUnavailable: its weights are not here.
        """
        ...

    async def stop_engines(self) -> int:
        """End the embedded models' processes, whoever started them; how many there were."""
        ...

    def pull_weights(self, name: str, tell: Callable[[int, int, str], None]) -> Path:
        """Fetch an embedded model's weights; `tell` gets bytes so far, bytes in all, and a note.

        Raises:
            InputError: it is no embedded model.
            ModelUnavailable: no source could give them.
            StorageFailure: the disk is full or the folder not writable.
        """
        ...

    def sandbox_name(self) -> str:
        """The sandbox that works here.

        Raises:
            SandboxUnavailable: none does; the remedy is the command that mends it.
        """
        ...

    def sandbox(self, *, unsafe_local: bool = False) -> Sandbox:
        """The sandbox that works here, for judging what a run has delivered.

        Raises:
            SandboxUnavailable: none does.
        """
        ...

    def packages(self) -> PackageIndex:
        """Where third-party packages come from."""
        ...

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        """Split a requirement into clauses.

        Raises:
            InputError: it is empty, too long, or not text.
        """
        ...

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        """The checks that the requirement itself holds; nothing is executed for that."""
        ...

    def new_workspace(self, root: Path, *, build_over: bool = False) -> RunWorkspace:
        """An empty folder for a new program; with `build_over` an earlier run's may be emptied for it.

        Raises:
            InputError: it holds somebody's files, or what an earlier run made.
            StorageFailure: it cannot be made.
        """
        ...

    def repository(self, root: Path) -> RunWorkspace:
        """An existing repository for a change.

        Raises:
            InputError: it is none, or has changes that are not committed.
        """
        ...

    def workspace(self, root: Path) -> RunWorkspace:
        """The folder of a run that goes on."""
        ...

    def engine(self, run: str, recorded: Iterable[Message]) -> AbstractAsyncContextManager[DurableEngine]:
        """Performs a run's acts; those whose messages are recorded are not performed again.

        Raises:
            StorageFailure: the database cannot be used.
        """
        ...

    def record(self) -> Record:
        """The durable record of all runs, seen from outside of them."""
        ...

    def workbench(
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AbstractAsyncContextManager[Toolbox]:
        """The tools of one sitting, closed at the end of the block.

        Raises:
            SandboxUnavailable: no sandbox can be had.
            ModelUnavailable: the model cannot be had.
            SettingsError: a key is missing.
        """
        ...

    def toolset(
        self, society: Society, tools: Toolbox, people: People
    ) -> AbstractAsyncContextManager[Toolset]:
        """The built-in tools and the society's own, with its servers connected during the block.

        Raises:
            InputError: a server's command cannot be started.
            ProviderUnavailable: a server does not answer.
        """
        ...
