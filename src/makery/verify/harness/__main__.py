"""Runs a plan (`plan.json` in the working folder) and prints one line of results.

The line carries a nonce that is read from standard input only after the last process of the program under
test has ended: a program cannot print results of its own, and a missing line is a failure of every check.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from .supervisor import Supervisor
from .worker import warm_up


def main() -> None:
    """Read the plan, run it, print the results."""
    here = Path.cwd()
    plan = json.loads((here / "plan.json").read_text(encoding="utf-8"))
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    if plan["kind"] == "web":
        from . import browser  # noqa: F401  (loaded now: the program may delete files later)
    with tempfile.TemporaryDirectory(prefix="checks-", ignore_cleanup_errors=True) as folder:
        warm_up(Path(folder))
        results = Supervisor(plan, Path(folder).resolve(), here / "screens").run()
    nonce = sys.stdin.readline().strip()
    sys.stdout.write(f"\n{json.dumps({'nonce': nonce, 'results': results})}\n")
    sys.stdout.flush()
    os._exit(0)  # no thread or exit handler can hold the answer back


main()
