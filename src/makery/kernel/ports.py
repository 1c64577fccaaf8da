"""The doors to the outside: one small protocol for each, with what it may raise.

Siblings (skills, llm, sandbox, …) do not know each other; they meet here, and `app/build.py` joins them.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.completion import UNNAMED, Completion, ModelCall, Purpose
from makery.kernel.documents import (
    Behaviour,
    Check,
    Finding,
    MutationReport,
    Package,
    Problem,
    Requirement,
    SourceCode,
    Target,
    TestReport,
)
from makery.kernel.events import Entry, Event
from makery.kernel.message import Message
from makery.kernel.people import People as People
from makery.kernel.people import Question as Question
from makery.kernel.tool import ToolCall, ToolOutcome, ToolSpec


class Models(Protocol):
    """The gateway: the only door to models."""

    async def complete(self, call: ModelCall, /) -> Completion:
        """Answer one call within the run's budget.

        Raises:
            ModelError: no usable answer, retries included.
            ProviderError: the endpoint failed, retries included.
            ModelUnavailable: the embedded model cannot be had.
            LimitReached: the budget does not allow the call.
        """
        ...

    @property
    def candidates(self) -> int:
        """How many independent answers this model should be asked for when one may not do."""
        ...

    @property
    def one_suite(self) -> bool:
        """Whether this model is asked for the checks of all clauses at once."""
        ...


class Mount(Frozen):
    """A folder or file of the host that a command may see."""

    source: Path
    target: str
    """Absolute path inside the sandbox."""
    writable: bool = False


class CommandLimits(Frozen):
    """Bounds of one command; all are enforced."""

    seconds: float = 30.0
    """Wall clock; CPU time is bounded by it too."""
    memory_mib: int = 1024
    processes: int = 64
    file_mib: int = 64
    """Largest single file."""
    workspace_mib: int = 256
    """All that the command may leave in its workspace and temporary folder."""
    output_kib: int = 256
    """Of standard output and standard error, each; more is cut and reported."""


class Command(Frozen):
    """A command to run on a private copy of some files."""

    argv: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    """Path and text of the files in the working folder, `/work`, before it starts."""
    mounts: tuple[Mount, ...] = ()
    stdin: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    """Beside the sandbox's own minimal one; nothing of the host's is inherited."""
    limits: CommandLimits = CommandLimits()
    network: bool = False
    """Only the step that installs packages asks for it."""
    collect: tuple[str, ...] = ()
    """Paths or globs below `/work` to bring back."""
    purpose: str = ""
    """For the ledger: `checks`, `stub`, `mutant`, `lint`, …"""


class CommandResult(Frozen):
    """How a command ended."""

    exit_status: int
    """Negative: the signal that ended it."""
    stdout: str
    stderr: str
    seconds: float
    exceeded: Literal["", "time", "memory", "processes", "disk", "output"] = ""
    """The limit that ended it, as far as that can be told."""
    collected: tuple[tuple[str, bytes], ...] = ()
    """Path and content of the files asked for."""


class Sandbox(Protocol):
    """The only door to executing generated code."""

    @property
    def name(self) -> str:
        """`bubblewrap`, `docker`, `unsafe-local`."""
        ...

    async def run(self, command: Command, /) -> CommandResult:
        """Run one command to its end and remove all it left; once more, if it was killed but not by us.

        Raises:
            SandboxUnavailable: it cannot be set up on this machine, or was killed from outside twice.
        """
        ...


class Workspace(Protocol):
    """The folder and git repository that a run writes."""

    @property
    def root(self) -> Path: ...

    def files(self) -> dict[str, str]:
        """The program's text files by path; `.makery/` and `.git/` are not among them."""
        ...

    def as_bytes(self) -> dict[str, bytes]:
        """All of those files by path, whatever they hold, up to 8 MiB each."""
        ...

    def put(self, files: Mapping[str, str | bytes], *, remove: Iterable[str] = ()) -> None:
        """Write and remove files below the root.

        Raises:
            InputError: a path would leave the root. Nothing is written then.
            StorageFailure: full disk or read-only folder.
        """
        ...

    def commit(self, summary: str) -> str:
        """Commit everything and give the commit's id; '' if nothing changed."""
        ...


class Language(Protocol):
    """How one stack is written, checked, broken on purpose and run."""

    @property
    def name(self) -> str: ...

    def guide(self, topic: Literal["code", "checks"], target: Target) -> str:
        """Short advice for a prompt, with one worked example: a file beside the language's module."""
        ...

    def mend(self, files: Mapping[str, str]) -> dict[str, str]:
        """Repair what needs no model: missing standard imports, stray fences, wrong indentation."""
        ...

    async def findings(self, files: Mapping[str, str], target: Target) -> tuple[Finding, ...]:
        """Static checks: it parses, imports resolve, names exist, entry files are there."""
        ...

    def stub(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same files and names with no behaviour."""
        ...

    def mutants(self, files: Mapping[str, str], *, most: int) -> Sequence["Mutant"]:
        """Copies broken in one place each, spread over the program; the same for the same input."""
        ...

    def merge(self, files: Mapping[str, str], snippet: str) -> dict[str, str]:
        """The files with those definitions replaced that the snippet defines anew.

        Raises:
            MalformedOutput: the snippet cannot be read, or fits nowhere; says what to send instead.
        """
        ...

    def instructions(self, files: Mapping[str, str], target: Target) -> str:
        """The command that starts the program, or what to open."""
        ...


class Mutant(Frozen):
    """A copy of a program broken in one place."""

    place: str
    """`todo.py:12 == became !=`."""
    files: tuple[tuple[str, str], ...]


class Languages(Protocol):
    """The language plug-ins."""

    def of(self, target: Target, /) -> Language:
        """The plug-in for a target.

        Raises:
            InputError: no plug-in has that name.
        """
        ...


class Verifier(Protocol):
    """Executes checks and says what they showed."""

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        """Split a requirement into quoted clauses and recognise its target.

        Raises:
            InputError: it is empty, too long, or not text.
        """
        ...

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        """Checks taken word for word from examples in the requirement."""
        ...

    async def examine(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> TestReport:
        """Static findings, each check on the program, and each passed one on a stub and once more.

        `mounts` are folders of installed third-party packages.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        ...

    async def observe(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> Behaviour:
        """What the program does with inputs in and near those of the checks."""
        ...

    async def challenge(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> MutationReport:
        """Run checks that pass on broken copies of the program and count what they catch."""
        ...


class PackageIndex(Protocol):
    """Where third-party packages come from."""

    async def resolve(self, modules: Sequence[str]) -> tuple[list[Package], list[Problem]]:
        """The distribution that provides each imported module, or why it is refused."""
        ...

    async def install(self, packages: Sequence[Package]) -> Mount:
        """A folder with those packages, to be mounted read-only and put on the import path.

        Raises:
            EnvironmentFailure: the index cannot be reached, or has no build for this machine.
        """
        ...


class SearchResult(Frozen):
    """One hit of a search engine."""

    title: str
    url: str
    snippet: str


class SearchEngine(Protocol):
    """A web search."""

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Hits, best first.

        Raises:
            ProviderError: the engine failed.
        """
        ...


class SpeechEngine(Protocol):
    """Text to speech."""

    @property
    def name(self) -> str: ...

    async def speak(self, text: str, *, voice: str, locale: str) -> bytes:
        """A WAV file.

        Raises:
            ProviderError: the service failed.
        """
        ...


class Toolset(Protocol):
    """The tools that roles may use."""

    def offered(self, names: Sequence[str], /) -> tuple[ToolSpec, ...]:
        """The tools that fit one of the names or patterns, in a fixed order."""
        ...

    def find(self, need: str, names: Sequence[str], /, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """Those of them that fit a need best, said in words; the best first."""
        ...

    async def call(
        self, call: ToolCall, names: Sequence[str], /, *, purpose: Purpose = UNNAMED
    ) -> ToolOutcome:
        """Do what a model asks, if a tool of those names may do it; `purpose` says on whose behalf.

        A tool that is unknown, refused or fails gives an outcome that tells the model what to do instead.
        """
        ...


class Ledger(Protocol):
    """The append-only event log of runs."""

    def append(self, run: str, event: Event, /) -> Entry:
        """Store an event before its effect is relied on.

        Raises:
            StorageFailure: it cannot be written.
        """
        ...

    def entries(self, run: str, *, after: int = 0) -> Iterable[Entry]:
        """The run's entries with `seq > after`, in order."""
        ...


class EventSink(Protocol):
    """Takes events as they happen: the ledger, live views, tests."""

    def __call__(self, event: Event, /) -> None: ...


class Engine(Protocol):
    """Durable execution: an act that has ended is never performed again."""

    async def perform(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message: from the record if it ended before, else by doing the work."""
        ...


class Inbox(Protocol):
    """What people send to the act under way, from whatever process and however much later."""

    async def receive(self, act: str, /, *, seconds: float | None) -> str | None:
        """The next thing sent to an act, waited for over restarts; None if nothing came within `seconds`."""
        ...
