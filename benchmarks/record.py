"""Keeps one measure in benchmarks/summary.json: name -> {value, unit, n, command, date, machine, commit},
and a note, if there is more to know.

Usage: python benchmarks/record.py NAME VALUE UNIT --n N --command 'what was run' [--machine TEXT]
           [--note TEXT]

    python benchmarks/record.py help_cost 1.18 ratio --n 20 --command 'python benchmarks/help_cost.py'

A measure of the same name is replaced. The commit is that of the checkout; `+changes` tells that files
were changed since, so that the number cannot be reproduced from the commit alone.
"""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

SUMMARY = Path(__file__).with_name("summary.json")
ROOT = Path(__file__).resolve().parents[1]


def record(
    name: str,
    value: float,
    unit: str,
    *,
    n: int,
    command: str,
    machine: str = "",
    note: str = "",
    summary: Path = SUMMARY,
) -> Mapping[str, object]:
    """Give the entry as it was written: `value` in `unit`, over `n` repetitions or items."""
    entry: dict[str, object] = {
        "value": value,
        "unit": unit,
        "n": n,
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine or describe_machine(),
        "commit": _commit(),
    }
    if note:
        entry["note"] = note
    measures = json.loads(summary.read_text(encoding="utf-8")) if summary.exists() else {}
    measures[name] = entry
    text = json.dumps(dict(sorted(measures.items())), indent=2, ensure_ascii=False) + "\n"
    summary.write_text(text, encoding="utf-8")
    return entry


def describe_machine() -> str:
    """Give processor, cores, memory and system in a line; never a host's or a user's name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{_processor()}, {cores} cores, {gib:.0f} GiB, {system}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    return f"{commit}+changes" if _git("status", "--porcelain", "--untracked-files=no") else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> None:
    """Record the measure that the command line names and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("value", type=float)
    parser.add_argument("unit")
    parser.add_argument("--n", type=int, required=True, help="repetitions, or items measured")
    parser.add_argument("--command", required=True, help="the command that gave the number")
    parser.add_argument("--machine", default="", help="instead of this machine's description")
    parser.add_argument("--note", default="", help="what else is to be known of the number")
    given = vars(parser.parse_args(arguments))
    print(json.dumps({given["name"]: record(**given)}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
