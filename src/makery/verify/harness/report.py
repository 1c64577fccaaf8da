"""Turns what pytest saw into an outcome and a short message that stays the same from run to run."""

import ast
import re
import traceback
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol

import pytest

LONGEST = 600
LONGEST_LINE = 200
LINES_OF_EXPLANATION = 7


class Remarks(Protocol):
    """What fixtures know about a failure that the exception does not say."""

    def remarks(self) -> list[str]:
        """Lines for the message."""
        ...


class Recorder:
    """A pytest plug-in that keeps what happened in one run of one check."""

    def __init__(self, program: Path, source: Path, remarks: Remarks) -> None:
        self._program = program
        self._source = source
        self._remarks = remarks
        self._passed = 0
        self._bad: list[tuple[str, str]] = []
        self._message = ""
        self._line = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count passes; keep whatever is not one."""
        if report.skipped:
            self._bad.append(("error", f"the check was skipped: {_skip_reason(report)}"))
        elif report.failed:
            self._bad.append(("failed", self._message or str(report.longrepr)))
        elif report.when == "call":
            self._passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """An error before the check could start."""
        if not report.passed:
            self._bad.append(("error", self._message or str(report.longrepr)))

    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> None:
        """Build the message while the traceback is there; pytest makes the report itself."""
        if call.excinfo is not None:
            self._message = self._describe(call.excinfo.value)

    def pytest_exception_interact(self, call: pytest.CallInfo[Any]) -> None:
        """The same for an error before the check could start."""
        if call.excinfo is not None:
            self._message = self._describe(call.excinfo.value)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """`sys.exit` while the check's imports run ends here."""
        self._bad.append(("error", self._describe(excinfo.value)))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """A program that raises KeyboardInterrupt ends the run."""
        self._bad.append(("error", self._describe(excinfo.value)))

    def conclusion(self, status: int) -> tuple[str, str, int]:
        """Outcome, message and line; `passed` only if something ran and nothing at all went wrong."""
        if self._bad:
            outcome, message = self._bad[0]
            return outcome, self._tidy(message), self._line
        if status != 0 or not self._passed:
            return "error", f"no check was run (pytest's exit status {status})", 0
        return "passed", "", 0

    def _describe(self, error: BaseException) -> str:
        if isinstance(error, pytest.Collector.CollectError) and error.__cause__:
            error = error.__cause__
        frames = _frames(error.__traceback__)
        self._line = self._line or _line(self._source, frames)
        lines = [_statement(self._source, frames), _explanation(error), _place(self._program, frames)]
        return "\n".join(line for line in [*lines, *self._remarks.remarks()] if line)

    def _tidy(self, message: str) -> str:
        return tidy(message, self._program)


def where_it_hangs(frame: FrameType | None, program: Path, source: Path, seconds: float) -> str:
    """What a check was doing when its time was up."""
    frames = [(entry.filename, entry.lineno or 0, entry.name) for entry in traceback.extract_stack(frame)]
    lines = [f"did not end within {seconds:g} s", _statement(source, frames), _place(program, frames)]
    return tidy("\n".join(line for line in lines if line), program)


def tidy(message: str, program: Path) -> str:
    """The message without temporary paths, addresses and ports, at most `LONGEST` characters."""
    message = message.replace(f"{program}/", "").replace(str(program), ".")
    message = message.replace(f"{program.parent}/", "")
    message = re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", message)
    message = re.sub(r"(127\.0\.0\.1|localhost):\d{4,5}", r"\1:PORT", message)
    message = re.sub(r"--port \d{4,5}", "--port N", message)
    return message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"


Frame = tuple[str, int, str]


def _frames(trace: TracebackType | None) -> list[Frame]:
    return [(entry.filename, entry.lineno or 0, entry.name) for entry in traceback.extract_tb(trace)]


def _line(source: Path, frames: list[Frame]) -> int:
    """Where in the check's code it failed; 0 if it was not reached."""
    return next((line for name, line, _ in reversed(frames) if name == str(source)), 0)


def _statement(source: Path, frames: list[Frame]) -> str:
    """The statement of the check that failed, on one line."""
    reached = _line(source, frames)
    if not reached:
        return ""
    try:
        text = source.read_text(encoding="utf-8")
        found = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt) and _spans(node, reached)
        ]
    except (OSError, SyntaxError, ValueError):
        return ""
    if not found:
        return ""
    smallest = min(found, key=lambda node: _last_line(node) - node.lineno)
    segment = ast.get_source_segment(text, smallest) or ""
    first = segment if not hasattr(smallest, "body") else segment.split("\n", 1)[0]
    return _short(" ".join(first.split()))


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= _last_line(node)


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _place(program: Path, frames: list[Frame]) -> str:
    """The last line of the program's own that was being executed."""
    for name, line, function in reversed(frames):
        if name.startswith(f"{program}/"):
            try:
                code = Path(name).read_text(encoding="utf-8").splitlines()[line - 1].strip()
            except (OSError, IndexError):
                code = ""
            return _short(f"{Path(name).relative_to(program)}:{line} in {function}: {code}")
    return ""


def _explanation(error: BaseException) -> str:
    name = type(error).__name__
    text = str(error)
    if not isinstance(error, AssertionError):
        return _short(f"{name}: {text}" if text else name)
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("?")]
    return "\n".join(_short(line) for line in lines[:LINES_OF_EXPLANATION]) or name


def _short(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def _skip_reason(report: pytest.TestReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
