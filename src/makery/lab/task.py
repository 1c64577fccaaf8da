"""A task of a suite: what a run is given, what it must deliver, and the hidden tests it is judged by."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import JsonValue


@dataclass(frozen=True)
class Cases:
    """Hidden cases on functions of a module, run by `makery.lab.grader`; `count` of them decide."""

    module: str
    entry_point: str
    """The function that is asked for; statements may also call it `candidate`."""
    count: int
    base: int
    """The first so many are those of the set without "plus"; equal to `count` where there is none."""
    setup: str = ""
    """Code whose names the tests may use, run before the module's own names are added."""
    statements: tuple[str, ...] = ()
    reference: str = field(default="", repr=False)
    inputs: tuple[JsonValue, ...] = field(default=(), repr=False)
    shape: str = ""
    oracle: str = "equal"
    tolerance: float = 0.0

    def job(self, seconds: float) -> dict[str, Any]:
        """What the grader reads; `seconds` is the limit of one case."""
        kind = "inputs" if self.inputs else "statements"
        return {**asdict(self), "kind": kind, "seconds": seconds}


@dataclass(frozen=True)
class TestFiles:
    """Hidden pytest or unittest files. The delivered program lies in the folder `APP_DIR`."""

    __test__ = False

    files: tuple[tuple[str, str], ...] = field(repr=False)
    """Path and text; the first one is run."""
    seconds: float = 120.0
    importable: bool = False
    """Whether the tests import the program by its module names."""
    browser: bool = False
    """Whether every test needs a browser: one that is skipped then says that none is here."""
    large: bool = False
    """Whether a browser's memory and processes are allowed."""
    needs: tuple[str, ...] = ()
    """Distributions that the tests themselves import."""


Tests = Cases | TestFiles


@dataclass(frozen=True)
class Task:
    """One task. Nothing but `requirement` and `seed` may reach a run."""

    id: str
    requirement: str
    entry: tuple[str, ...]
    """Files that must be delivered; empty where the run may choose."""
    tests: Tests
    reference: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The data's own solution, path and text, for checking the grading; empty if there is none."""
    seed: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The repository to change; empty for a new program."""
    group: Literal["", "easy", "medium", "hard"] = ""

    @property
    def digest(self) -> str:
        """12 hex digits that change with the requirement, the seed or the tests."""
        text = json.dumps([self.requirement, self.entry, self.seed, asdict(self.tests)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
