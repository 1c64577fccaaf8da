"""One process's work: loads the delivered module and runs case after case, telling each outcome at once."""

import ast
import copy
import importlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from .oracles import right
from .shapes import shaped

Job = dict[str, Any]
Tell = Callable[[dict[str, Any]], None]
LONGEST_MESSAGE = 300


class CaseTimeout(BaseException):
    """A case took too long. No `Exception`: a program's own handlers must not catch it."""


class Attempt:
    """A block whose error, whatever it is, is kept instead of raised: the program may raise anything."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> "Attempt":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True


def work(job: Job, first: int, tell: Tell) -> None:
    """Run the cases from number `first` on; each is told as `{case, outcome, error, message}`."""
    signal.signal(signal.SIGALRM, _stop)
    warnings.simplefilter("ignore")
    namespace: dict[str, Any] = {}
    loading = Attempt()
    with loading, _limited(job["seconds"]):
        exec(job["setup"], namespace)  # noqa: S102 - the prompt's own helpers, which a test may use
        module = importlib.import_module(job["module"])
        names = {name: value for name, value in vars(module).items() if not name.startswith("__")}
        namespace.pop(job["entry_point"], None)  # the prompt's is only its head
        namespace.update(names)
        if job["entry_point"] and not callable(namespace.get(job["entry_point"])):
            raise NameError(f"function {job['entry_point']!r} is not defined")
    if loading.error is not None:
        tell({"case": -1, **_told(loading.error)})
        return
    run = _inputs if job["kind"] == "inputs" else _statements
    for told in run(job, namespace, first):
        tell(told)


def _statements(job: Job, namespace: dict[str, Any], first: int) -> Iterator[dict[str, Any]]:
    """Statements in order; those that assert something are cases, the others set them up."""
    namespace["candidate"] = namespace.get(job["entry_point"])
    number = 0
    for statement in job["statements"]:
        tree = ast.parse(statement)
        counts = any(isinstance(node, ast.Assert) for node in ast.walk(tree))
        attempt = Attempt()
        if not counts or number >= first:
            with attempt, _limited(job["seconds"]):
                exec(compile(tree, "case", "exec"), namespace)  # noqa: S102 - this is what a test is
        if counts:
            if number >= first:
                yield {"case": number, **_told(attempt.error)}
            number += 1


def _inputs(job: Job, namespace: dict[str, Any], first: int) -> Iterator[dict[str, Any]]:
    """The function and the reference on the same inputs."""
    known: dict[str, Any] = {}
    exec(job["reference"], known)  # noqa: S102 - the data's own solution
    reference, function = known[job["entry_point"]], namespace[job["entry_point"]]
    for number, given in list(enumerate(job["inputs"]))[first:]:
        arguments = shaped(job["shape"], given)
        expected = reference(*copy.deepcopy(arguments))
        attempt = Attempt()
        with attempt, _limited(job["seconds"]):
            got = function(*copy.deepcopy(arguments))
            if not right(job["oracle"], arguments, got, expected, job["tolerance"]):
                raise AssertionError(f"got {got!r:.100}, expected {expected!r:.100}")
        yield {"case": number, **_told(attempt.error)}


class _limited:  # noqa: N801 - used like a function
    """A block that may take so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _stop(*_: object) -> None:
    raise CaseTimeout


def _told(error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {"outcome": "passed", "error": "", "message": ""}
    message = " ".join(str(error).split())[:LONGEST_MESSAGE]
    outcome = "timeout" if isinstance(error, CaseTimeout) else "failed"
    return {"outcome": outcome, "error": type(error).__name__, "message": message}


def quiet(writer: int) -> Tell:
    """Silence the program's own output; what is told goes to the descriptor `writer`."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115

    def tell(told: dict[str, Any]) -> None:
        os.write(writer, json.dumps(told).encode() + b"\n")

    return tell
