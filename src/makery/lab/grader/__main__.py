"""Runs `job.json` of the working folder and prints one line: outcomes, and the nonce from standard input.

The cases run in child processes. One that hangs or dies costs the case it was at; a new one goes on after it.
"""

import json
import os
import resource
import select
import signal
import sys
from pathlib import Path
from typing import Any

from .cases import quiet, work

MEMORY = 3 << 30
"""Bytes of address space of a child: the program gets a MemoryError before the sandbox kills everything."""
GRACE = 3.0
"""Seconds beyond a case's own limit before its process is killed: it may have blocked the alarm."""
PATIENCE = 3
"""After so many time-outs or deaths the remaining cases are not run."""


def graded(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The told outcomes; cases that were not reached are missing."""
    told: list[dict[str, Any]] = []
    trouble = 0
    while trouble < PATIENCE:
        first = told[-1]["case"] + 1 if told else 0
        more, ended = _child(job, first)
        told += more
        if ended == "done" or any(one["case"] == -1 for one in more):
            break
        at = told[-1]["case"] + 1 if told else 0
        told.append({"case": at, "outcome": ended, "error": "", "message": ""})
        trouble += 1
        if at + 1 >= job["count"]:
            break
    return told


def _child(job: dict[str, Any], first: int) -> tuple[list[dict[str, Any]], str]:
    """What a process told, and how it ended: `done`, `timeout` or `crash`."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _be_child(job, first, writer)
    os.close(writer)
    told, ended = _heard(reader, job["seconds"] + GRACE)
    os.close(reader)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return told, ended


def _be_child(job: dict[str, Any], first: int, writer: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        work(job, first, quiet(writer))
        os.write(writer, b"done\n")
    finally:
        os._exit(0)  # whatever happened, the copy of the parent must not go on


def _heard(reader: int, seconds: float) -> tuple[list[dict[str, Any]], str]:
    data = b""
    while not data.endswith(b"done\n"):
        if not select.select([reader], [], [], seconds)[0]:
            return _lines(data), "timeout"
        piece = os.read(reader, 65536)
        if not piece:
            return _lines(data), "crash"
        data += piece
    return _lines(data), "done"


def _lines(data: bytes) -> list[dict[str, Any]]:
    whole = data.rpartition(b"\n")[0].splitlines()
    return [json.loads(line) for line in whole if line != b"done"]


def main() -> None:
    """Read the job, run it, print the line."""
    here = Path.cwd()
    job = json.loads((here / "job.json").read_text(encoding="utf-8"))
    sys.path.insert(0, str(here / "app"))
    told = graded(job)
    nonce = sys.stdin.readline().strip()
    sys.stdout.write(f"\n{json.dumps({'nonce': nonce, 'told': told})}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
