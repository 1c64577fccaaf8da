"""One line of an evaluation's results: a task, how it was worked on, and what came of it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Literal

from pydantic import ValidationError

from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError, StorageFailure
from makery.lab.grade import FailedTest, Failure

Mode = Literal["direct", "duo", "company", "auto", "best_of_n"]


def public_name(model: str) -> str:
    """A model's name without the address of its endpoint or the folder of its weights."""
    name, at, _ = model.partition("@http")
    return f"custom/{name}" if at else PurePath(model).name if model.endswith(".gguf") else model


class Configuration(Frozen):
    """All that has to be equal for two lines to be repetitions of one measurement."""

    suite: str
    mode: Mode
    model: str
    seed: int = 0
    candidates: int | None = None
    """Programs written independently; None leaves it to the model's entry in the catalogue."""
    label: str = ""
    """The user's own word for a variant."""
    max_minutes: float | None = None
    max_tokens: int | None = None
    max_usd: float | None = None
    max_calls: int | None = None
    process: str
    """12 hex digits of everything in Makery that can change a run: code, prompts, catalogue."""

    @property
    def name(self) -> str:
        """Short, for tables: `humaneval duo qwen2.5-coder-1.5b, 4 candidates, label, 1a2b3c4d`."""
        model = self.model.rpartition("/")[2]
        more = [f"{self.candidates} candidates"] if self.candidates else []
        more += [f"seed {self.seed}"] if self.seed else []
        more += [self.label] if self.label else []
        return ", ".join([f"{self.suite} {self.mode} {model}", *more, self.process[:8]])


class Tokens(Frozen):
    """What a run used."""

    prompt: int = 0
    """Cached ones included."""
    completion: int = 0
    cached: int = 0
    """Prompt tokens from the provider's prefix cache."""

    @property
    def total(self) -> int:
        """Prompt and completion."""
        return self.prompt + self.completion


class Line(Frozen):
    """One run of one task. Results are only ever added to a file; of equal ones the last counts."""

    format: Literal[1] = 1
    configuration: Configuration
    id: str
    sample: int = 0
    group: str = ""
    task: str
    """Digest of requirement and tests."""
    subset: int | None = None
    """The evaluation took the first so many ids by SHA-1; None: all, or ids named one by one."""
    makery: str
    commit: str
    prompts: str
    """12 hex digits of all prompt texts."""
    ran: str = ""
    """The mode that really worked, which `auto` chose."""
    run: str = ""
    solved: bool | None
    """Whether all hidden tests passed; None if they cannot be run on this machine."""
    base_solved: bool | None
    """The same for the set without "plus"."""
    passed: int
    total: int
    verdict: str = ""
    clauses: tuple[int, int] = (0, 0)
    """Proved ones and all."""
    checks: tuple[int, int] = (0, 0)
    """Passed and failed."""
    mutants: tuple[int, int] = (0, 0)
    """Caught ones and all."""
    tokens: Tokens = Tokens()
    calls: int = 0
    from_cache: int = 0
    """Calls that were answered without a model; the times of such a run say nothing."""
    cut: int = 0
    """Answers that were cut off."""
    seconds: float = 0.0
    model_seconds: float = 0.0
    failure: Failure = ""
    failed: tuple[FailedTest, ...] = ()
    error: str = ""
    """Kind of the error that stopped the run."""
    message: str = ""
    files: int = 0
    lines: int = 0
    """Of the program's own files."""
    at: float = 0.0
    """Unix time of its end."""

    @property
    def fraction(self) -> float:
        """Share of the hidden tests that passed."""
        return self.passed / self.total if self.total else 0.0

    @property
    def verified(self) -> bool:
        """Whether the run itself said so."""
        return self.verdict == "verified"

    @property
    def key(self) -> tuple[Configuration, str, int]:
        """What makes two lines the same measurement."""
        return self.configuration, self.id, self.sample


def read_lines(paths: Iterable[Path]) -> tuple[Line, ...]:
    """All lines of the files in order; of lines with one key only the last.

    Raises:
        InputError: a file cannot be read, or holds something else.
    """
    latest: dict[tuple[Configuration, str, int], Line] = {}
    for path in paths:
        for line in _lines(path):
            latest[line.key] = line
    return tuple(latest.values())


def _lines(path: Path) -> Iterator[Line]:
    try:
        raw = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The results {str(path)!r} cannot be read: {error}.") from None
    for number, text in enumerate(raw, 1):
        if not text.strip():
            continue
        try:
            yield Line.model_validate_json(text)
        except ValidationError as error:
            if number == len(raw):
                return  # a write that was cut off: that task is simply not there yet
            reason = error.errors()[0]
            raise InputError(
                f"{str(path)!r}, line {number}, is no result of an evaluation: "
                f"{reason['msg']} {reason['loc']}."
            ) from None


def append(path: Path, line: Line) -> None:
    """Add a line; a half-written one at the file's end is closed first.

    Raises:
        StorageFailure: the file cannot be written.
    """
    text = json.dumps(line.model_dump(mode="json"), ensure_ascii=False)
    try:
        with path.open("a+b") as file:
            if file.tell() and _last_byte(path) != b"\n":
                file.write(b"\n")
            file.write(text.encode() + b"\n")
    except OSError as error:
        raise StorageFailure(f"The results {str(path)!r} cannot be written: {error.strerror}.") from None


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1)
