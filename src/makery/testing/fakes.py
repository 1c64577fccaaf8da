"""Stand-ins for the other ports: strict where they are scripted, simple where they are not."""

import io
import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path, PurePosixPath
from typing import TypeVar

from makery.kernel.documents import (
    Package,
    Problem,
)
from makery.kernel.errors import InputError
from makery.kernel.events import Event
from makery.kernel.ports import Command, CommandResult, Mount, SearchResult
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

    def as_bytes(self) -> dict[str, bytes]:
        """All files outside `.makery/`, as bytes."""
        return {
            path: data if isinstance(data, bytes) else data.encode()
            for path, data in sorted(self.contents.items())
            if not path.startswith(".makery/")
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
        program = {path: text for path, text in self.contents.items() if not path.startswith(".makery/")}
        if program == self._committed:
            return ""
        self._committed = program
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


@dataclass
class FakePackageIndex:
    """The `PackageIndex` port: `known` maps module names to distributions; all others are refused."""

    known: Mapping[str, str] = field(default_factory=dict[str, str])
    installed: list[Package] = field(default_factory=list[Package])
    """What was asked to be installed; nothing really is."""

    async def resolve(self, modules: Sequence[str]) -> tuple[list[Package], list[Problem]]:
        """The known ones as packages, the others as problems."""
        packages = [Package(distribution=self.known[m], module=m) for m in modules if m in self.known]
        refused = [
            Problem(where=module, what=f"no package provides {module!r}")
            for module in modules
            if module not in self.known
        ]
        return packages, refused

    async def install(self, packages: Sequence[Package]) -> Mount:
        """A mount of a folder that does not exist."""
        self.installed.extend(packages)
        return Mount(source=Path("/nowhere/packages"), target="/packages")


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
