"""Stand-ins for the other ports: strict where they are scripted, simple where they are not."""

import io
import re
import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

from makery.kernel.documents import (
    Check,
    CheckResult,
    Clause,
    Finding,
    MutationReport,
    Package,
    Problem,
    Requirement,
    SourceCode,
    SourceFile,
    Target,
    TestReport,
)
from makery.kernel.errors import InputError
from makery.kernel.events import Event
from makery.kernel.ports import Command, CommandResult, Mutant, SearchResult
from makery.testing.scripted_model import LeftOver, UnexpectedCall

# ---------------------------------------------------------------------- sandbox

Result = CommandResult | Exception | Callable[[Command], CommandResult]
E = TypeVar("E")


def ended(exit_status: int = 0, stdout: str = "", stderr: str = "", *, seconds: float = 0.1) -> CommandResult:
    """How a command ended, with the defaults of one that went well."""
    return CommandResult(exit_status=exit_status, stdout=stdout, stderr=stderr, seconds=seconds)


@dataclass
class _Rule:
    matches: Callable[[Command], bool]
    result: Result
    uses: int = 0


class FakeSandbox:
    """The `Sandbox` port: commands are not run; the first rule that matches says how they ended.

    A command that no rule matches is refused, a rule that was never used fails `assert_finished`.

        sandbox = FakeSandbox().when(lambda c: c.purpose == "checks", ended(1, "1 failed"))
    """

    def __init__(self, name: str = "fake") -> None:
        self.commands: list[Command] = []
        """Every command asked for, in order."""
        self._name = name
        self._rules: list[_Rule] = []

    @property
    def name(self) -> str:
        """The name reports show."""
        return self._name

    def when(self, matches: Callable[[Command], bool], result: Result) -> "FakeSandbox":
        """Add a rule; gives the sandbox itself, so that rules can be chained."""
        self._rules.append(_Rule(matches, result))
        return self

    async def run(self, command: Command, /) -> CommandResult:
        """The result of the first matching rule.

        Raises:
            UnexpectedCall: no rule matches.
            Exception: the rule's result is an error.
        """
        self.commands.append(command)
        rule = next((rule for rule in self._rules if rule.matches(command)), None)
        if rule is None:
            raise UnexpectedCall(f"No rule for command {command.purpose!r}: {' '.join(command.argv)[:200]}")
        rule.uses += 1
        if isinstance(rule.result, Exception):
            raise rule.result
        return rule.result if isinstance(rule.result, CommandResult) else rule.result(command)

    def assert_finished(self) -> None:
        """Insist that every rule was used.

        Raises:
            LeftOver: says the numbers of the rules that were not.
        """
        unused = [number for number, rule in enumerate(self._rules, 1) if not rule.uses]
        if unused:
            raise LeftOver(f"Sandbox rules that no command matched: numbers {unused}.")


# --------------------------------------------------------------------- verifier

Examination = Callable[[Requirement, SourceCode, Sequence[Check]], TestReport]


def all_pass(requirement: Requirement, program: SourceCode, checks: Sequence[Check]) -> TestReport:
    """The report of a program on which every check passes."""
    results = tuple(CheckResult(check=check.id, outcome="passed") for check in checks)
    return TestReport(candidate=program.candidate, revision=program.revision, results=results)


class FakeVerifier:
    """The `Verifier` port: nothing is executed; reports come from a function or, in order, from a list.

    Args:
        reports: a function of requirement, program and checks, or the reports in order (strict).
        examples: the checks that every requirement is said to contain.
        mutants: how many broken copies `challenge` reports.
        caught: how many of them it reports as caught.
    """

    def __init__(
        self,
        reports: Examination | Sequence[TestReport] = all_pass,
        *,
        examples: Sequence[Check] = (),
        mutants: int = 4,
        caught: int = 4,
    ) -> None:
        self.examined: list[tuple[SourceCode, tuple[Check, ...]]] = []
        self._reports = reports if callable(reports) else list(reports)
        self._examples = tuple(examples)
        self._mutants = mutants
        self._caught = caught

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        """See `requirement_of`.

        Raises:
            InputError: the text is empty.
        """
        if not text.strip():
            raise InputError("The requirement is empty.", remedy="Say what the program should do.")
        return requirement_of(text, seed=seed)

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        """The checks given at construction."""
        return self._examples

    async def examine(
        self, requirement: Requirement, program: SourceCode, checks: Sequence[Check]
    ) -> TestReport:
        """The next report.

        Raises:
            UnexpectedCall: the list of reports is used up.
        """
        self.examined.append((program, tuple(checks)))
        if not isinstance(self._reports, list):
            return self._reports(requirement, program, checks)
        if not self._reports:
            raise UnexpectedCall(f"No report is left for program {program.name}.")
        return self._reports.pop(0)

    async def challenge(
        self, requirement: Requirement, program: SourceCode, checks: Sequence[Check]
    ) -> MutationReport:
        """The numbers given at construction."""
        return MutationReport(
            candidate=program.candidate,
            revision=program.revision,
            mutants=self._mutants,
            caught=self._caught,
        )


def requirement_of(
    text: str, *, target: Target | None = None, seed: Mapping[str, str] | None = None
) -> Requirement:
    """A requirement whose clauses are the text's sentences, all said to state behaviour."""
    spans = [match.span() for match in re.finditer(r"[^\s.。!?！？][^.。!?！？\n]*[.。!?！？]?", text)]
    clauses = tuple(
        Clause(id=f"C{number}", text=text[start:end], start=start, end=end)
        for number, (start, end) in enumerate(spans, 1)
    )
    return Requirement(
        text=text,
        locale="zh" if re.search(r"[\u4e00-\u9fff]", text) else "en",
        target=target or Target(language="python", kind="cli", entry=("main.py",)),
        clauses=clauses,
        seed=tuple(SourceFile(path=path, content=content) for path, content in (seed or {}).items()),
    )


# -------------------------------------------------------------------- languages


@dataclass(frozen=True)
class FakeLanguage:
    """The `Language` port with fixed answers: nothing to mend, nothing found unless said so here."""

    name: str = "python"
    found: tuple[Finding, ...] = ()

    def guide(self, topic: Literal["code", "checks"], target: Target) -> str:
        """A line that names topic and language."""
        return f"How to write {topic} in {self.name}."

    def mend(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same files."""
        return dict(files)

    async def findings(self, files: Mapping[str, str], target: Target) -> tuple[Finding, ...]:
        """The findings given at construction."""
        return self.found

    def stub(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same paths, all empty."""
        return dict.fromkeys(files, "")

    def mutants(self, files: Mapping[str, str], *, most: int) -> Sequence[Mutant]:
        """One mutant a file, with a comment appended."""
        broken = [
            Mutant(place=f"{path}:1", files=tuple({**files, path: f"{text}\n# broken"}.items()))
            for path, text in sorted(files.items())
        ]
        return broken[:most]

    def instructions(self, files: Mapping[str, str], target: Target) -> str:
        """The entry file's name after the language's."""
        return f"{self.name} {' '.join(target.entry[:1])}".strip()


@dataclass(frozen=True)
class FakeLanguages:
    """The `Languages` port: one fake for every target, unless `only` names the known ones."""

    language: FakeLanguage = FakeLanguage()
    only: tuple[str, ...] = ()

    def of(self, target: Target, /) -> FakeLanguage:
        """The fake.

        Raises:
            InputError: `only` is given and does not hold the target's language.
        """
        if self.only and target.language not in self.only:
            raise InputError(f"No plug-in for language {target.language!r}.")
        return self.language


# -------------------------------------------------------------------- workspace


@dataclass
class MemoryWorkspace:
    """The `Workspace` port without a disk: `contents` is what would be on it, `commits` the summaries."""

    root: Path = Path("/nowhere")
    contents: dict[str, str | bytes] = field(default_factory=dict[str, str | bytes])
    commits: list[str] = field(default_factory=list[str])
    _committed: dict[str, str | bytes] = field(default_factory=dict[str, str | bytes])

    def files(self) -> dict[str, str]:
        """The text files outside `.makery/`, by path."""
        return {
            path: text
            for path, text in sorted(self.contents.items())
            if isinstance(text, str) and not path.startswith(".makery/")
        }

    def put(self, files: Mapping[str, str | bytes], *, remove: Iterable[str] = ()) -> None:
        """Keep and forget files.

        Raises:
            InputError: a path is absolute or climbs out. Nothing changes then.
        """
        gone = set(remove)
        for path in (*files, *gone):
            parts = PurePosixPath(path)
            if not path or parts.is_absolute() or ".." in parts.parts:
                raise InputError(f"The path {path!r} leaves the workspace.")
        kept = {path: text for path, text in self.contents.items() if path not in gone}
        self.contents = {**kept, **files}

    def commit(self, summary: str) -> str:
        """An id made from the summary and the number of commits; '' if nothing changed."""
        if self.contents == self._committed:
            return ""
        self._committed = dict(self.contents)
        self.commits.append(summary)
        return sha1(f"{len(self.commits)} {summary}".encode(), usedforsecurity=False).hexdigest()


# ----------------------------------------------------------------------- others


class ListSink:
    """The `EventSink` port: keeps every event in `events`."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event, /) -> None:
        """Keep one event."""
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """The events of one class, in order."""
        return [event for event in self.events if isinstance(event, kind)]


@dataclass(frozen=True)
class FakePackageIndex:
    """The `PackageIndex` port: `known` maps module names to distributions; all others are refused."""

    known: Mapping[str, str] = field(default_factory=dict[str, str])

    async def resolve(self, modules: Sequence[str]) -> tuple[list[Package], list[Problem]]:
        """The known ones as packages, the others as problems."""
        packages = [Package(distribution=self.known[m], module=m) for m in modules if m in self.known]
        refused = [
            Problem(where=module, what=f"no package provides {module!r}")
            for module in modules
            if module not in self.known
        ]
        return packages, refused


@dataclass
class FakeSearchEngine:
    """The `SearchEngine` port: `results` maps queries to hits; the key `*` answers any other query."""

    results: Mapping[str, Sequence[SearchResult]] = field(default_factory=dict[str, Sequence[SearchResult]])
    queries: list[str] = field(default_factory=list[str])

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """The hits of that query.

        Raises:
            UnexpectedCall: neither the query nor `*` is among the results.
        """
        self.queries.append(query)
        hits = self.results.get(query, self.results.get("*"))
        if hits is None:
            raise UnexpectedCall(f"Unexpected search {query!r}: only {sorted(self.results)} have results.")
        return list(hits[:most])


@dataclass
class FakeSpeechEngine:
    """The `SpeechEngine` port: silence, a twentieth of a second for each character."""

    name: str = "fake"
    spoken: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    """Text, voice and locale of each call."""

    async def speak(self, text: str, *, voice: str, locale: str) -> bytes:
        """A valid WAV file, 16 bit, mono, 8 kHz."""
        self.spoken.append((text, voice, locale))
        data = io.BytesIO()
        with wave.open(data, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(b"\0\0" * 400 * len(text))
        return data.getvalue()
