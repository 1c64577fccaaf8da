"""A run in a home of its own, what may befall it, and what it came to. See `chaos.py`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from standin_provider import key_of

from makery.durable.dbos_record import DbosRecord
from makery.kernel.errors import StorageFailure

REQUIREMENT = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double(4)
8
```
"""
READINGS = 60
"""Attempts at a database that was just struck."""
TIMED = (".makery/ledger.jsonl", ".makery/report.md", ".makery/run.json")
"""Files that hold times, which no two runs have in common."""


class ModelServer:
    """The stand-in provider in a process that can be killed; its counts outlive it."""

    def __init__(self, folder: Path, latency: float) -> None:
        self.latency = latency
        self._log = folder / "asked.log"
        self._log.touch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._start()

    @property
    def model(self) -> str:
        """What `--model` takes."""
        return f"stand-in@http://127.0.0.1:{self._port}/v1"

    def taken(self) -> Counter[str]:
        """Requests by what they asked."""
        return Counter(self._log.read_text(encoding="utf-8").split())

    def kill(self) -> None:
        """SIGKILL; a new one takes its place at the same address."""
        self.end()
        self._start()

    def end(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        script = Path(__file__).with_name("standin_provider.py")
        words = [sys.executable, str(script), str(self._port), str(self.latency), str(self._log)]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("The stand-in provider did not start.")


@contextmanager
def model_server(folder: Path, latency: float) -> Iterator[ModelServer]:
    """One, up during the block."""
    server = ModelServer(folder, latency)
    try:
        yield server
    finally:
        server.end()


class Trial:
    """A folder with a home of its own, and the commands that work in it."""

    def __init__(self, folder: Path, server: ModelServer, mode: str, database: str) -> None:
        self.folder = folder
        self._server = server
        self._mode = mode
        self._database = database or f"sqlite:///{folder / 'home' / 'makery.db'}"
        self._record = DbosRecord(self._database)

    def begin(self) -> "subprocess.Popen[bytes]":
        """Start the run."""
        words = ("build", REQUIREMENT, "-o", "out", "--mode", self._mode, "--json", "--allow-unknown-price")
        return self._process(*words, "--model", self._server.model)

    def resume(self, run: str) -> "subprocess.Popen[bytes]":
        """Continue it."""
        return self._process("runs", "resume", run, "--json")

    def run(self) -> str:
        """Its id; '' if it was killed before it had one."""
        found = self._process("runs", "list", "--json", output=subprocess.PIPE).communicate()[0]
        runs = json.loads(found or b"[]")
        return str(runs[0]["run"]) if runs else ""

    def files(self) -> dict[str, bytes]:
        """The workspace without `TIMED` and git's own: program, documents, checks, verdict, traceability."""
        out = self.folder / "out"
        found = {file.relative_to(out).as_posix(): file for file in out.rglob("*") if file.is_file()}
        kept = (name for name in found if name not in TIMED and not name.startswith(".git/"))
        return {name: found[name].read_bytes() for name in kept}

    def paid(self) -> Counter[str]:
        """What the ledger counts: calls of the model, prompt and completion tokens."""
        ledger = self.folder / "out/.makery/ledger.jsonl"
        lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.is_file() else []
        sums = Counter[str]()
        for event in (json.loads(line)["event"] for line in lines):
            if event["type"] == "model_called" and event["source"] == "model":
                sums["calls"] += 1
                sums["prompt tokens"] += event["usage"]["prompt_tokens"]
                sums["completion tokens"] += event["usage"]["completion_tokens"]
        return sums

    def kept(self, run: str) -> Counter[str]:
        """The calls in the durable record, by what they asked; waits for a database that comes up."""
        for _ in range(READINGS):
            try:
                calls = [json.loads(text)["call"]["prompt"] for text in self._record.calls(run)]
                break
            except StorageFailure:
                time.sleep(0.5)
        else:
            raise SystemExit(f"The durable record of run {run} cannot be read.")
        return Counter(key_of(prompt["system"], prompt["user"]) for prompt in calls)

    def _process(self, *words: str, output: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "HOME": str(self.folder),
            "MAKERY_HOME": str(self.folder / "home"),
            "MAKERY_DATABASE": self._database,
            "MAKERY_CACHE": "false",
            "MAKERY_PATIENCE__FIRST_WAIT": "0.2",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "makery.interfaces.cli.main", *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )


Blow = Callable[["subprocess.Popen[bytes]"], bool]
"""Does something terrible while a process works on a run; False if there was nothing to strike."""


def kill_process(process: "subprocess.Popen[bytes]") -> bool:
    """SIGKILL for the process itself."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def kill_sandbox(process: "subprocess.Popen[bytes]") -> bool:
    """SIGKILL for the outermost process of the next sandbox that is at work below it."""
    while process.poll() is None:
        for child in _below(process.pid):
            if _name(child) in ("bwrap", "docker"):
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                return True
        time.sleep(0.02)
    return False


def _below(parent: int) -> list[int]:
    """All descendants, the nearest first."""
    found, level = list[int](), [parent]
    while level:
        level = [child for one in level for child in _children(one)]
        found += level
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
