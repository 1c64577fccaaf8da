"""Runs hidden cases on functions: hands the grader and the program to the sandbox and reads its line."""

import json
import secrets
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from makery.kernel.ports import Command, CommandLimits, CommandResult, Mount, Sandbox
from makery.lab.grade import FailedTest, Failure, Grade, failure_of
from makery.lab.task import Cases

PACKAGE = "makery_grader"
SECONDS_PER_CASE = 10.0
LONGEST = 300.0
"""Seconds for all cases of a task."""


async def run_cases(
    cases: Cases, program: Mapping[str, str], sandbox: Sandbox, mounts: Sequence[Mount]
) -> Grade:
    """How the program did in the cases.

    Raises:
        SandboxUnavailable: nothing can be executed here.
    """
    nonce = secrets.token_hex(16)
    job = json.dumps(cases.job(SECONDS_PER_CASE), ensure_ascii=False)
    command = Command(
        argv=("python3", "-B", "-m", PACKAGE),
        files=(*_grader(), ("job.json", job), *((f"app/{path}", text) for path, text in program.items())),
        mounts=tuple(mounts),
        stdin=f"{nonce}\n",
        environment=(("PYTHONPATH", ":".join(["/work", *(mount.target for mount in mounts)])),),
        limits=CommandLimits(seconds=LONGEST, memory_mib=4096, output_kib=1024),
        purpose="hidden tests",
    )
    return _grade(cases, _told(await sandbox.run(command), nonce))


def _grader() -> tuple[tuple[str, str], ...]:
    folder = resources.files("makery.lab.grader")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".py")), key=lambda e: e.name)
    return tuple((f"{PACKAGE}/{entry.name}", entry.read_text(encoding="utf-8")) for entry in found)


def _told(result: CommandResult, nonce: str) -> list[dict[str, Any]]:
    """The outcomes; believed only from a line that carries the nonce."""
    for line in reversed(result.stdout.splitlines()):
        if nonce in line:
            return json.loads(line)["told"]
    reason = f"over the limit of {result.exceeded}" if result.exceeded else result.stderr.strip()[-200:]
    outcome = "timeout" if result.exceeded == "time" else "crash"
    return [{"case": -1, "outcome": outcome, "error": "", "message": reason or "the grader gave no answer"}]


def _grade(cases: Cases, told: list[dict[str, Any]]) -> Grade:
    passed = {one["case"] for one in told if one["outcome"] == "passed"}
    failed = [
        FailedTest(
            test="*" if one["case"] < 0 else str(one["case"]),
            failure=_failure(one),
            message=f"{one['error']}: {one['message']}".strip(": "),
        )
        for one in told
        if one["outcome"] != "passed"
    ]
    return Grade(
        passed=len(passed),
        total=cases.count,
        base_passed=sum(case < cases.base for case in passed),
        base_total=cases.base,
        failed=tuple(failed),
        trouble="" if len(told) >= cases.count else "not all cases were run",
    )


def _failure(one: dict[str, Any]) -> Failure:
    if one["outcome"] in ("timeout", "crash"):
        return one["outcome"]
    return failure_of(one["error"], one["message"])
