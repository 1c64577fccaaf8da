"""Tells one process from a later one that got the same number."""

import subprocess
from pathlib import Path


def process_identity(pid: int) -> str:
    """When the process started, as the operating system says it; '' if no such process runs.

    Numbers are used again; a number and its start time together name a process for good. A process that has
    ended and was not waited for (a zombie) does not run.
    """
    if Path("/proc/self/stat").exists():
        return _from_proc(pid)
    return _from_ps(pid)


def _from_proc(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it may also end between opening and reading
        return ""
    # proc(5): the name, in parentheses, may hold anything; state and start time are fields 3 and 22
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZXx" else fields[19]


def _from_ps(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    ).stdout.split(maxsplit=1)
    return "" if len(shown) < 2 or shown[0].startswith("Z") else shown[1].strip()
