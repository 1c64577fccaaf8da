"""Makes examples/NAME from a live run, and replays it at once to see that it holds.

Usage: python scripts/record_example.py NAME REQUIREMENT_FILE [options of `makery build` ...]

    python scripts/record_example.py todo todo.md --mode duo --seed 1

The exit status is 0 if the replay gave the same program and verdict, whatever the verdict is; 1 otherwise.
A run that did not deliver (a limit, no model) is no example: nothing is kept, and its status is passed on.
"""

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from examples import EXAMPLES, MAKERY, Example, program_files, replay

DELIVERED = (0, 3)
"""Exit statuses of `makery build` after which there is a program and a verdict."""


def main(arguments: Sequence[str]) -> int:
    """Record, keep, replay; give the exit status."""
    if len(arguments) < 2 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    name, requirement, *options = arguments
    folder = EXAMPLES / name
    if folder.exists():
        print(f"{folder} exists; remove it first to record it anew.", file=sys.stderr)
        return 2
    with TemporaryDirectory(prefix="makery-record-") as temporary:
        status = _record(Path(temporary), Path(requirement), options)
        if status not in DELIVERED:
            return status
        _keep(Path(temporary), folder)
    done = replay(Example(folder))
    for difference in done.differences:
        print(f"The replay: {difference}", file=sys.stderr)
    print(f"{folder}: replayed in {done.seconds:.1f} s.")
    return int(bool(done.differences))


def _record(temporary: Path, requirement: Path, options: Sequence[str]) -> int:
    shutil.copyfile(requirement, temporary / "requirement.md")
    # The cache would leave answers out of the run's own time, and the folder must not meet the user's.
    argv = [str(MAKERY), "build", "-f", str(temporary / "requirement.md"), "-o", str(temporary / "out")]
    argv += ["--record", str(temporary / "recording.jsonl"), "--yes", *options]
    started = monotonic()
    status = subprocess.run(argv, check=False).returncode
    if status in DELIVERED:
        seconds = round(monotonic() - started, 1)
        about = _about(temporary / "out" / ".makery", status, seconds, options)
        text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        (temporary / "about.json").write_text(text, encoding="utf-8")
    return status


def _about(papers: Path, status: int, seconds: float, options: Sequence[str]) -> dict[str, object]:
    verdict = json.loads((papers / "verdict.json").read_text(encoding="utf-8"))
    return {
        "model": _option(options, "--model", "embedded"),
        "mode": _option(options, "--mode", "auto"),
        "verdict": verdict["status"],
        "exit_status": status,
        "seconds": seconds,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "options": list(options),
    }


def _option(options: Sequence[str], name: str, default: str) -> str:
    return next((value for given, value in pairwise(options) if given == name), default)


def _keep(temporary: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for part in ("requirement.md", "recording.jsonl", "about.json"):
        shutil.copyfile(temporary / part, folder / part)
    shutil.copyfile(temporary / "out" / ".makery" / "verdict.json", folder / "verdict.json")
    for path, content in program_files(temporary / "out").items():
        target = folder / "expected" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
