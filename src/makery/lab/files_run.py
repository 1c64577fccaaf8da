"""Runs hidden pytest and unittest files on a program in the sandbox and reads pytest's report."""

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from makery.kernel.ports import Command, CommandLimits, CommandResult, Mount, Sandbox
from makery.lab.grade import FailedTest, Failure, Grade, failure_of
from makery.lab.task import TestFiles

REPORT = "report.xml"
APP = "/work/app"
SPARE_SECONDS = 10.0
"""For starting pytest on a busy machine."""

_PROGRESS = re.compile(r"::(\S+) (PASSED|FAILED|ERROR|SKIPPED)")
_ERROR = re.compile(
    r"^(?:E\s+)?([A-Za-z_][\w.]*(?:Error|Exception|Expired|Failed|Exit|Interrupt))(?::|$)\s*(.*)"
)


async def run_files(
    tests: TestFiles, program: Mapping[str, str], sandbox: Sandbox, mounts: Sequence[Mount]
) -> Grade:
    """How the program did. A test that skips for want of a browser makes the whole grade `not run`.

    Raises:
        SandboxUnavailable: nothing can be executed here.
    """
    result = await sandbox.run(_command(tests, program, mounts))
    outcomes = _outcomes(result)
    names = test_names(tests.files[0][1])
    skips = [outcomes[name][2] for name in names if outcomes.get(name, _NOTHING)[0] == "skipped"]
    if skips and (tests.browser or len(skips) == len(names)):
        skipped = skips[0]
        return Grade(passed=0, total=0, base_passed=0, base_total=0, trouble=f"not run: {skipped}")
    passed = sum(outcomes.get(name, _NOTHING)[0] == "passed" for name in names)
    return Grade(
        passed=passed,
        total=len(names),
        base_passed=passed,
        base_total=len(names),
        failed=tuple(_failed(names, outcomes, result)),
        trouble=f"over the limit of {result.exceeded}" if result.exceeded else "",
    )


def test_names(text: str) -> list[str]:
    """The tests of a file, as `test_name` or `Class::test_name`, in their order."""
    found = []
    for node in ast.parse(text).body:
        if _is_test(node):
            found.append(node.name)  # type: ignore[attr-defined]
        elif isinstance(node, ast.ClassDef):
            found += [f"{node.name}::{part.name}" for part in node.body if _is_test(part)]  # type: ignore[attr-defined]
    return list(dict.fromkeys(found))


test_names.__test__ = False  # type: ignore[attr-defined]


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _command(tests: TestFiles, program: Mapping[str, str], mounts: Sequence[Mount]) -> Command:
    first = tests.files[0][0]
    folder = str(PurePosixPath(first).parent)
    path = [*([APP] if tests.importable else []), *(mount.target for mount in mounts)]
    return Command(
        argv=(
            *("python3", "-B", "-m", "pytest", "-v", "-c", "/dev/null", "--rootdir", folder),
            *("-p", "no:cacheprovider", "--tb=short", f"--junitxml={REPORT}", first),
        ),
        files=(*((f"app/{name}", text) for name, text in program.items()), *tests.files),
        mounts=tuple(mounts),
        environment=(
            ("APP_DIR", APP),
            ("PYTHONPATH", ":".join(path)),
            ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),
        ),
        limits=CommandLimits(
            seconds=tests.seconds + SPARE_SECONDS,
            memory_mib=3072 if tests.large else 2048,
            processes=512 if tests.large else 128,
            file_mib=256,
            output_kib=1024,
        ),
        collect=(REPORT,),
        purpose="hidden tests",
    )


Outcome = tuple[str, str, str]
"""`passed`, `failed` or `skipped`; the error's name; its message."""
_NOTHING: Outcome = ("", "", "")


def _outcomes(result: CommandResult) -> dict[str, Outcome]:
    """By test; from pytest's report or, if the program ended the tests early, from its progress lines."""
    for path, content in result.collected:
        if path == REPORT:
            try:
                return _read(content.decode("utf-8", errors="replace"))
            except ET.ParseError:
                break
    words = {"PASSED": "passed", "SKIPPED": "skipped"}
    told = _PROGRESS.findall(result.stdout)
    return {name: (words.get(word, "failed"), "", "") for name, word in told}


def _read(report: str) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for case in ET.fromstring(report).iter("testcase"):  # noqa: S314
        group = case.get("classname", "").rpartition(".")[2]
        name = case.get("name", "")
        inner = next((part for part in case if part.tag in ("failure", "error", "skipped")), None)
        outcome = _outcome(inner) if inner is not None else ("passed", "", "")
        for key in (name, f"{group}::{name}"):
            if found.get(key, outcome)[0] == "passed" or outcome[0] != "passed":
                found[key] = outcome
    return found


def _outcome(inner: ET.Element) -> Outcome:
    message = inner.get("message", "")
    if inner.tag == "skipped":
        return "skipped", "", message
    lines = [*message.splitlines(), *reversed((inner.text or "").splitlines())]
    for line in lines:
        match = _ERROR.match(line.strip())
        if match:
            return "failed", match[1], match[2][:300]
    return "failed", "assert" if message.startswith("assert") else "", (message.splitlines() or [""])[0][:300]


def _failed(names: Sequence[str], outcomes: Mapping[str, Outcome], result: CommandResult) -> list[FailedTest]:
    collection = next((o for n, o in outcomes.items() if n not in names and o[0] == "failed"), None)
    found = []
    for name in names:
        kind, error, message = outcomes.get(name, collection or ("not run", "", result.exceeded))
        if kind != "passed":
            found.append(
                FailedTest(
                    test=name, failure=_failure(kind, error, message, result), message=_line(error, message)
                )
            )
    return found


def _failure(kind: str, error: str, message: str, result: CommandResult) -> Failure:
    if kind == "not run":
        return "timeout" if result.exceeded == "time" else "crash"
    return failure_of(error, message)


def _line(error: str, message: str) -> str:
    return f"{error}: {message}".strip(": ")
