"""How a program did in its hidden tests."""

import re
import sys
from typing import Literal

from makery.kernel.artifact import Frozen
from makery.lab.task import Cases, Task
from makery.languages.python.known_imports import MEMBERS

Failure = (
    Literal["", "stopped", "missing file", "cut off", "syntax", "import", "interface", "wrong value", "error"]
    | Literal["timeout", "crash"]
)
"""Why a task is not solved. `interface`: a name or signature is not as asked; `import`: a name of
the standard library is used without it, or a module is not there; `stopped`: the run ended before
it had a program; `error`: the program raised; `crash`: its process died."""


class FailedTest(Frozen):
    """A hidden test that did not pass. For people who read results; it never reaches a run."""

    test: str
    failure: Failure
    message: str = ""


class Grade(Frozen):
    """Counts and all failures; `total` is 0 where the tests could not be run on this machine."""

    passed: int
    total: int
    base_passed: int
    """Of the tests of the set without "plus"; equal to `passed` where there is none."""
    base_total: int
    failed: tuple[FailedTest, ...] = ()
    trouble: str = ""
    """Why nothing, or not everything, was run."""

    @property
    def solved(self) -> bool | None:
        """Whether every test passed; None if none could be run."""
        return self.passed == self.total if self.total else None

    @property
    def base_solved(self) -> bool | None:
        """The same for the set without "plus"."""
        return self.base_passed == self.base_total if self.base_total else None

    @property
    def fraction(self) -> float:
        """The share of passed tests."""
        return self.passed / self.total if self.total else 0.0

    @property
    def failure(self) -> Failure:
        """The commonest failure; of equally common ones that of the earlier test. '' if solved."""
        kinds: list[Failure] = [one.failure for one in self.failed]
        return max(kinds, key=kinds.count) if kinds else ""

    @classmethod
    def nothing_ran(cls, task: Task, failure: Failure, message: str) -> "Grade":
        """The grade of a program that cannot be tested."""
        tests = task.tests
        total, base = (tests.count, tests.base) if isinstance(tests, Cases) else (1, 1)
        failed = (FailedTest(test="*", failure=failure, message=message),)
        return cls(passed=0, total=total, base_passed=0, base_total=base, failed=failed, trouble=message)


_KINDS: tuple[tuple[Failure, tuple[str, ...]], ...] = (
    ("timeout", ("CaseTimeout", "TimeoutExpired", "TimeoutError")),
    ("wrong value", ("AssertionError", "ComparisonFailure", "Failed", "assert")),
    ("syntax", ("SyntaxError", "IndentationError", "TabError")),
    ("import", ("ModuleNotFoundError",)),
)
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
_BUILT_IN = re.compile(
    r"(?:'(?:NoneType|bool|int|float|str|bytes|list|dict|tuple|set|function)'|None) (?:object )?has no"
)
_INTERFACE = re.compile(
    r"cannot import name|has no attribute|has no len|missing \d+ required|is not defined|is not a function"
    r"|(?:unexpected keyword|required (?:positional|keyword)|takes (?:no|\d+|from)).{0,60}argument"
)


def failure_of(error: str, message: str) -> Failure:
    """The class of an exception, by its type's name and its message."""
    name = error.rpartition(".")[2]
    if name in ("AssertionError", "Failed") and "took longer than" in message:
        return "timeout"
    for kind, names in _KINDS:
        if name in names:
            return kind
    undefined = _UNDEFINED.search(message) if name == "NameError" else None
    if undefined:
        standard = undefined[1] in sys.stdlib_module_names or undefined[1] in MEMBERS
        return "import" if standard else "error"
    return "interface" if _INTERFACE.search(message) and not _BUILT_IN.search(message) else "error"
