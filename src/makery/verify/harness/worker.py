"""One process that runs checks with pytest and reports each over a pipe."""

import contextlib
import gc
import io
import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest

from .fixtures import Fixtures
from .report import Recorder, where_it_hangs

OPTIONS = (
    *("-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:junitxml", "-p", "no:doctest"),
    *("-p", "no:logging", "-p", "no:stepwise", "-p", "no:pastebin", "-p", "no:warnings"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:setuponly", "-p", "no:setupplan"),
    *("-c", os.devnull, "--noconftest", "--import-mode=importlib", "--capture=sys", "-q"),
)

OURS = {
    "pytest",
    "_pytest",
    "pluggy",
    "iniconfig",
    "playwright",
    "greenlet",
    "makery_harness",
    "os",
    "sys",
    "builtins",
}
"""Modules that a file of the program with the same name must not replace."""


def reusable(plan: dict[str, Any]) -> bool:
    """Whether a worker may run several checks: only where the program never runs inside it.

    A page lives in the browser, which is slow to start; a Python program is imported by its checks, and what
    it does to the process must not reach the next check.
    """
    return plan["kind"] == "web"


def warm_up(folder: Path) -> None:
    """Run one check of nothing, so that later processes find all of pytest loaded."""
    source = folder / "test_nothing.py"
    source.write_text("def test_nothing():\n    assert 1 + 1 == 2\n", encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(_arguments(source))
    gc.collect()
    gc.freeze()  # what is loaded is shared with the processes to come, not copied by their collector


def _arguments(source: Path) -> list[str]:
    """Pytest's command line for one file, which looks at nothing beside it."""
    return [*OPTIONS, f"--rootdir={source.parent}", f"--confcutdir={source.parent}", str(source)]


def live(plan: dict[str, Any], jobs: int, answers: int) -> NoReturn:
    """Work until the pipe is closed. Never returns: the process ends here."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    fixtures = Fixtures(plan)
    os.write(answers, json.dumps(fixtures.start()).encode() + b"\n")
    with os.fdopen(jobs, "rb") as source:
        for line in source:
            _work(plan, fixtures, json.loads(line), answers)
    os._exit(0)


def _work(plan: dict[str, Any], fixtures: Fixtures, job: dict[str, Any], answers: int) -> None:
    me = os.getpid()

    def tell(outcome: str, message: str, line: int = 0) -> None:
        if os.getpid() == me:  # a copy of this process that the program forked has no say
            report = {"outcome": outcome, "message": message, "line": line, "observed": fixtures.observed}
            answer = json.dumps(report)
            os.write(answers, answer.encode() + b"\n")

    program, source = Path(job["program"]), Path(job["source"])
    recorder = Recorder(program, source, fixtures)
    with _place(program, plan["site"]), _alarm(job["seconds"], program, source, tell):
        fixtures.begin(program, job["screen"], job["seed"])
        random.seed(job["seed"])
        status = pytest.main(_arguments(source), plugins=[recorder, fixtures])
    tell(*recorder.conclusion(int(status)))


@contextlib.contextmanager
def _place(program: Path, site: str) -> Iterator[None]:
    """Make the program the working folder and importable, before what is loaded already."""
    before = sys.path[:]
    os.chdir(program)
    sys.path[:0] = [str(program), *([site] if site else [])]
    for entry in program.iterdir():
        if entry.stem not in OURS:
            sys.modules.pop(entry.stem, None)
    try:
        yield
    finally:
        sys.path[:] = before
        os.chdir("/")


@contextlib.contextmanager
def _alarm(seconds: float, program: Path, source: Path, tell: Any) -> Iterator[None]:
    """After the time-out, say where the check hangs and end the process."""

    def ring(_: int, frame: FrameType | None) -> None:
        tell("timeout", where_it_hangs(frame, program, source, seconds))
        os._exit(1)

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
