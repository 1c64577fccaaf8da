"""Processes against each other, against a read-only disk, a damaged file and a clock that jumps."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openai_standin import StandInServer, serving
from typer.testing import Result

from standin_postgresql import new_database

pytestmark = pytest.mark.sandboxed

REQUIREMENT = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double(4)
8
```
"""
PROGRAM = "double.py\n```python\ndef double(x):\n    return 2 * x\n```\n"
MAKERY = (sys.executable, "-m", "makery.interfaces.cli.main")
DAYS = 86_400

# Read by Python at its start, before anything has taken hold of `time.time`.
JUMPING = """
import os, time
real, place = time.time, os.environ["CLOCK_OFFSET"]
def jumping():
    with open(place, encoding="utf-8") as file:
        return real() + float(file.read() or 0)
time.time = jumping
time.time_ns = lambda: int(jumping() * 1e9)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared.db"
    return new_database(request.getfixturevalue("postgresql_server"))


class Shell:
    """Starts `makery WORDS…` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun: list[subprocess.Popen[str]] = []
        self.before: tuple[str, ...] = ()
        """A command that is to carry out the command."""

    def start(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        usual = {"MAKERY_HOME": str(self.folder / "home"), "MAKERY_PATIENCE__FIRST_WAIT": "0"}
        process = subprocess.Popen(
            [*self.before, *MAKERY, *words],
            cwd=self.folder,
            env={**os.environ, **usual, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.begun.append(process)
        return process

    def run(self, *words: str, **variables: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error of a command that has to be calm about everything."""
        return outcome(self.start(*words, **variables))

    @property
    def run_id(self) -> str:
        return json.loads((self.folder / "out/.makery/run.json").read_text(encoding="utf-8"))["run_id"]


def outcome(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    stdout, stderr = process.communicate()
    assert "Traceback" not in stderr and "bug in Makery" not in stderr, stderr
    return process.returncode, stdout, stderr


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    for process in made.begun:
        process.kill()
        process.communicate()


def ordering(server: StandInServer, *more: str) -> tuple[str, ...]:
    """A run of one act: what is under test is the same in a long one."""
    words = ("skills", "run", "write_code", REQUIREMENT, "-o", "out", "--json", "--allow-unknown-price")
    return (*words, "--model", server.model, *more)


class Held:
    """Answers nothing until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, prompt: str) -> str:
        self.go.wait()
        return PROGRAM


# --------------------------------------------------------------------------- two processes


def test_of_two_processes_that_continue_a_run_one_works_and_the_other_says_so(shell: Shell, url: str) -> None:
    model = Held()
    with serving(model) as server:
        first = shell.start(*ordering(server), MAKERY_DATABASE=url)
        assert server.asked.wait(240)
        first.kill()
        first.communicate()
        both = [shell.start("runs", "resume", shell.run_id, "--json", MAKERY_DATABASE=url) for _ in range(2)]
        pause = threading.Event()
        while all(process.poll() is None for process in both):
            pause.wait(0.1)
        refused, working = sorted(both, key=lambda process: process.poll() is None)
        status, _, stderr = outcome(refused)
        assert (status, "is being worked on already" in stderr) == (2, True), stderr
        model.go.set()
        _, stdout, stderr = outcome(working)
    facts = json.loads(stdout)
    assert (facts["state"], facts["calls"]) == ("ended", 1), stderr
    assert len(server.prompts) == 2, "the one that was cut off when its process died, and the one that counts"


def test_continuing_a_run_that_a_worker_has_follows_it_whatever_their_clocks_say(
    shell: Shell, tmp_path: Path, url: str
) -> None:
    """Both workers' clocks are days apart from the user's; the first one dies, the second takes over."""
    model = Held()
    shared = {"MAKERY_DATABASE": url}
    with serving(model) as server:
        run = _detached(shell, server, shared)
        first = _worker(shell, "fast", {**shared, **jumping_clock(tmp_path, "fast", 10 * DAYS)})
        assert server.asked.wait(240)
        following = shell.start("runs", "resume", run, "--json", **shared)
        _worker(shell, "slow", {**shared, **jumping_clock(tmp_path, "slow", -10 * DAYS)})
        first.kill()
        model.go.set()
        status, stdout, stderr = outcome(following)
    facts = json.loads(stdout)
    assert (facts["state"], facts["calls"]) == ("ended", 1), (status, stderr)
    assert len(server.prompts) <= 2, "only the call in flight is made again"


def _detached(shell: Shell, server: StandInServer, shared: dict[str, str]) -> str:
    words = ("build", REQUIREMENT, "--detach", "--mode", "direct", "--allow-unknown-price")
    status, stdout, stderr = shell.run(*words, "--model", server.model, **shared)
    assert status == 0, stderr
    return stdout.strip()


def _worker(shell: Shell, name: str, variables: dict[str, str]) -> "subprocess.Popen[str]":
    process = shell.start("worker", **variables, MAKERY_HOME=str(shell.folder / name))
    assert process.stderr is not None
    line = process.stderr.readline()
    assert "takes work" in line, line
    return process


# --------------------------------------------------------------------------- clocks


def jumping_clock(folder: Path, name: str, seconds: float = 0) -> dict[str, str]:
    """Environment of a process whose `time.time` is off by what the file NAME.offset says at the moment."""
    (folder / "clock").mkdir(exist_ok=True)
    (folder / "clock" / "sitecustomize.py").write_text(JUMPING, encoding="utf-8")
    offset = folder / f"{name}.offset"
    offset.write_text(str(seconds), encoding="utf-8")
    return {"PYTHONPATH": str(folder / "clock"), "CLOCK_OFFSET": str(offset)}


@pytest.mark.parametrize("days", [10, -10])
def test_a_clock_that_jumps_while_a_run_goes_on_uses_up_no_limit(
    shell: Shell, tmp_path: Path, days: int
) -> None:
    clock = jumping_clock(tmp_path, "user")
    model = Held()
    with serving(model) as server:
        process = shell.start(*ordering(server, "--max-minutes", "60"), **clock)
        assert server.asked.wait(240)
        (tmp_path / "user.offset").write_text(str(days * DAYS), encoding="utf-8")
        process.send_signal(2)
        status, _, stderr = outcome(process)
        assert status == 130, stderr
        model.go.set()
        _, stdout, stderr = shell.run("runs", "resume", shell.run_id, "--json", **clock)
    facts = json.loads(stdout)
    assert (facts["state"], facts["calls"]) == ("ended", 1), stderr
    assert 0 < facts["seconds"] < 3600
    _, lines, _ = shell.run("runs", "export", shell.run_id, **clock)
    numbers = [json.loads(line)["seq"] for line in lines.splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))


# --------------------------------------------------------------------------- disks


def test_a_database_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    """Bubblewrap shows the data folder read-only, which holds for root, too."""
    home = tmp_path / "home"
    box = ("bwrap", "--dev-bind", "/", "/", "--ro-bind", str(home), str(home))
    home.mkdir()
    if shutil.which("bwrap") is None or subprocess.run([*box, "true"], capture_output=True).returncode != 0:
        pytest.skip("a folder cannot be made read-only here: bubblewrap is missing, or may not")
    with serving(lambda _: PROGRAM) as server:
        assert shell.run(*ordering(server))[0] in (0, 3)
        shell.before = box
        for words in (("runs", "list"), ordering(server, "-o", "other")):
            status, _, stderr = shell.run(*words)
            assert status == 2, stderr
            assert "makery.db" in stderr and "writable" in stderr


def test_every_command_on_a_damaged_database_says_so(makery: Callable[..., Result], tmp_path: Path) -> None:
    run = json.loads(makery("build", "The program prints hello.", "-o", "out", "--json").stdout)["run_id"]
    database = tmp_path / "home" / "makery.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copy(database, tmp_path / "copy.db")
    data = database.read_bytes()
    for more in ("-wal", "-shm"):
        database.with_name(database.name + more).unlink(missing_ok=True)
    database.unlink()  # a new file: the connections of the first command still have the old one
    database.write_bytes(data[: len(data) // 2])
    commands = (
        ("runs", "list"),
        ("runs", "show", run),
        ("runs", "resume", run),
        ("runs", "export", run),
        ("runs", "fork", run, "--at", "1"),
        ("runs", "rm", run, "--yes"),
        ("build", "The program prints hello.", "-o", "new"),
        ("worker",),
        ("worker", "--list"),
        ("schedule", "list"),
    )
    for words in commands:
        told = makery(*words)
        assert (told.exit_code, "docs/backup.md" in told.stderr) == (2, True), (words, told.output)
    told = makery("doctor")
    assert told.exit_code != 0 and "docs/backup.md" in told.output
    # The remedy works.
    database.unlink()
    shutil.copy(tmp_path / "copy.db", database)
    assert run in makery("runs", "list").stdout
