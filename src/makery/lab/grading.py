"""Judges a delivered program by its task's hidden tests, in the sandbox, after the run is over."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from makery.kernel.documents import Package
from makery.kernel.errors import EnvironmentFailure
from makery.kernel.ports import Mount, PackageIndex, Sandbox
from makery.lab.cases_run import run_cases
from makery.lab.files_run import run_files
from makery.lab.grade import Grade
from makery.lab.task import Cases, Task

DECLARED = "requirements.txt"


@dataclass(frozen=True)
class Bench:
    """What judging needs."""

    sandbox: Sandbox
    packages: PackageIndex


async def grade(task: Task, program: Mapping[str, str], bench: Bench) -> Grade:
    """How the program did.

    Raises:
        SandboxUnavailable: nothing can be executed here.
        EnvironmentFailure: a package that the tests need cannot be had.
    """
    missing = [path for path in task.entry if path not in program]
    if missing or not program:
        return Grade.nothing_ran(task, "missing file", f"no {', '.join(missing) or 'program'}")
    for path in task.entry:
        trouble = _syntax(path, program[path])
        if trouble:
            return Grade.nothing_ran(task, "syntax", trouble)
    mounts = await _mounts(task, program, bench.packages)
    if isinstance(task.tests, Cases):
        return await run_cases(task.tests, program, bench.sandbox, mounts)
    return await run_files(task.tests, program, bench.sandbox, mounts)


def _syntax(path: str, text: str) -> str:
    if not path.endswith(".py"):
        return ""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        return f"{path}: {error}"
    return ""


async def _mounts(task: Task, program: Mapping[str, str], packages: PackageIndex) -> tuple[Mount, ...]:
    """What program and tests import beside the standard library, installed."""
    own = () if isinstance(task.tests, Cases) else task.tests.needs
    declared = _distributions(program.get(DECLARED, ""))
    try:
        return await _installed((*own, *declared), packages)
    except EnvironmentFailure:
        if not declared:
            raise
        # What a program declares may not exist: then its import fails, which is its own fault.
        return await _installed(own, packages)


async def _installed(names: Iterable[str], packages: PackageIndex) -> tuple[Mount, ...]:
    wanted = [Package(distribution=name, module=name) for name in dict.fromkeys(names)]
    return (await packages.install(wanted),) if wanted else ()


def _distributions(text: str) -> list[str]:
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines)
    return [match.group() for match in found if match]
