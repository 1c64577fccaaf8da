"""Runs checks on variants of a program in one sandboxed command and reads the report."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from makery.kernel.documents import Check, CheckResult, Target
from makery.kernel.ports import Command, CommandLimits, CommandResult, Mount, Sandbox

PACKAGE = "makery_harness"
SCREEN = "screens/page.png"
SECONDS_PER_CHECK = 10.0
LONGEST_BATCH = 240.0
SPARE_SECONDS = 30.0
"""For the last check and the report, after the batch's own time."""


@dataclass(frozen=True)
class Variant:
    """A program on which checks are run: the program itself, its stub, or a broken copy."""

    name: str
    files: Mapping[str, str]
    only_passed: bool = False
    """Only the checks that passed on the batch's first variant."""
    stop: bool = False
    """At the first check that does not pass."""
    reverse: bool = False
    """Run the checks in the other order."""
    seed: int = 0
    """Of what is random in the program: `random`, a page's `Math.random`, hashes in a command's process."""
    screen: bool = False


@dataclass(frozen=True)
class Setting:
    """How the programs of a batch are started."""

    target: Target
    server: tuple[str, ...] = ("--port", "{port}")
    """Arguments of a web service; `{port}` is put in."""
    mounts: tuple[Mount, ...] = ()
    """Third-party packages; the first is the folder to import them from."""

    @property
    def entry(self) -> str:
        """The file to start or open."""
        return self.target.entry[0] if self.target.entry else ""


@dataclass(frozen=True)
class Outcome:
    """What a batch showed."""

    results: Mapping[str, tuple[CheckResult, ...]]
    """By variant, in the order they ran."""
    exit_status: int
    seconds: float
    screenshot: bytes = b""
    trouble: str = ""
    """Why results are missing, if that is known."""

    def of(self, variant: str, checks: Sequence[Check]) -> tuple[CheckResult, ...]:
        """One result for each check, in their order; a check without a report is an error."""
        had = {result.check: result for result in self.results.get(variant, ())}
        reason = self.trouble or f"the test runner ended with exit status {self.exit_status}"
        missing = f"the check was not run: {reason}"
        return tuple(
            had.get(check.id, CheckResult(check=check.id, outcome="error", message=missing))
            for check in checks
        )


async def run_batch(
    sandbox: Sandbox,
    setting: Setting,
    variants: Sequence[Variant],
    checks: Sequence[Check],
    *,
    hash_seed: int = 0,
    purpose: str = "checks",
) -> Outcome:
    """Run the checks on each variant, in one command.

    `hash_seed` decides the order of sets in the process that runs the checks.

    Raises:
        SandboxUnavailable: nothing can be executed here.
    """
    nonce = secrets.token_hex(16)
    plan = _plan(setting, variants, checks)
    result = await sandbox.run(_command(setting, plan, nonce, hash_seed, purpose))
    return _read(result, nonce)


def _plan(setting: Setting, variants: Sequence[Variant], checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "kind": setting.target.kind,
        "entry": setting.entry,
        "server": list(setting.server),
        "site": setting.mounts[0].target if setting.mounts else "",
        "seconds": SECONDS_PER_CHECK,
        "budget": _seconds(len(variants) * len(checks)),
        "checks": [{"id": check.id, "code": check.code} for check in checks],
        "variants": [
            {
                "name": variant.name,
                "files": dict(variant.files),
                "only_passed": variant.only_passed,
                "stop": variant.stop,
                "reverse": variant.reverse,
                "seed": variant.seed,
                "screen": variant.screen,
            }
            for variant in variants
        ],
    }


def _command(setting: Setting, plan: dict[str, Any], nonce: str, hash_seed: int, purpose: str) -> Command:
    web = setting.target.kind == "web"
    return Command(
        argv=("python3", "-B", "-m", PACKAGE),
        files=(*_harness(), ("plan.json", json.dumps(plan, ensure_ascii=False))),
        mounts=setting.mounts,
        stdin=f"{nonce}\n",
        environment=(
            ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),
            ("PYTHONHASHSEED", str(hash_seed)),
            ("PYTHONUTF8", "1"),
        ),
        limits=CommandLimits(
            seconds=plan["budget"] + SPARE_SECONDS,
            memory_mib=3072 if web else 1024,
            processes=512 if web else 64,
            output_kib=1024,
        ),
        collect=(SCREEN,) if web else (),
        purpose=purpose,
    )


def _seconds(runs: int) -> float:
    """Time for a batch; what is not run by then has no result."""
    return min(LONGEST_BATCH, 20 + SECONDS_PER_CHECK * runs)


def _harness() -> tuple[tuple[str, str], ...]:
    folder = resources.files("makery.verify.harness")
    return tuple(
        (f"{PACKAGE}/{entry.name}", entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".py")
    )


def _read(result: CommandResult, nonce: str) -> Outcome:
    """Believe only a line that carries the nonce."""
    results: dict[str, list[CheckResult]] = {}
    for row in _rows(result.stdout, nonce):
        results.setdefault(row["variant"], []).append(
            CheckResult(
                check=row["check"],
                outcome=row["outcome"],
                message=row["message"],
                line=row.get("line", 0),
                observed=row.get("observed", ""),
                seconds=row["seconds"],
            )
        )
    return Outcome(
        results={name: tuple(rows) for name, rows in results.items()},
        exit_status=result.exit_status,
        seconds=result.seconds,
        screenshot=dict(result.collected).get(SCREEN, b""),
        trouble=f"the {result.exceeded} limit was reached" if result.exceeded else "",
    )


def _rows(stdout: str, nonce: str) -> list[dict[str, Any]]:
    for line in reversed(stdout.splitlines()):
        try:
            report = json.loads(line)
        except ValueError:
            continue
        if isinstance(report, dict) and report.get("nonce") == nonce:
            return report["results"]
    return []
