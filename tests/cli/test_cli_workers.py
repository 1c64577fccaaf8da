"""Worker processes on a real PostgreSQL, one of them killed under load: all is real but the model."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openai_standin import StandInServer, serving

from makery.durable.dbos_queues import ACT, RUN
from makery.durable.dbos_record import DbosRecord, record_client
from standin_postgresql import new_database

pytestmark = pytest.mark.sandboxed

REQUIREMENT = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double({number})
{twice}
```
"""
PROGRAM = "double.py\n```python\ndef double(x):\n    return 2 * x\n```\n"
CHECK = "```python\ndef test_double():\n    from double import double\n    assert double(3) == 6\n```\n"
RUNS = 3

Start = Callable[..., "subprocess.Popen[str]"]


class SlowModel:
    """Answers at once until `hold`; then only when `go` is set. Tells when enough calls hang."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.hanging = threading.Semaphore(0)
        self.answered: list[str] = []

    def __call__(self, prompt: str) -> str:
        checks = "complete and ready to run" not in prompt
        if checks:
            self.hanging.release()
            self.go.wait()
        self.answered.append(prompt)
        return CHECK if checks else PROGRAM


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared.db"
    return new_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def start(tmp_path: Path, url: str) -> Iterator[Start]:
    """Starts `makery WORDS…` as on machine NAME: with a home of its own, on the shared database."""
    begun: list[subprocess.Popen[str]] = []

    def begin(name: str, *words: str, **variables: str) -> "subprocess.Popen[str]":
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "MAKERY_HOME": str(home / "home"),
            "MAKERY_DATABASE": url,
            "MAKERY_CACHE": "false",
            **variables,
        }
        begun.append(
            subprocess.Popen(
                [sys.executable, "-m", "makery.interfaces.cli.main", *words],
                cwd=home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        )
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def worker(start: Start, name: str, **variables: str) -> "subprocess.Popen[str]":
    process = start(name, "worker", **variables)
    assert process.stderr is not None
    assert "takes work" in process.stderr.readline()
    return process


def detached(start: Start, server: StandInServer, number: int) -> str:
    words = ("build", REQUIREMENT.format(number=number, twice=2 * number), "--detach", "--mode", "duo")
    begun = start("desk", *words, "--allow-unknown-price", "--model", server.model)
    stdout, stderr = begun.communicate()
    assert begun.returncode == 0, stderr
    return stdout.strip()


def kept_calls(url: str, runs: list[str]) -> Counter[str]:
    calls = [json.loads(text)["call"]["prompt"] for run in runs for text in DbosRecord(url).calls(run)]
    return Counter(f"{call['system']}\n{call['user']}" for call in calls)


def tasks(url: str, worker: "subprocess.Popen[str]", **which: str) -> set[str]:
    """The runs and acts that a worker has or had."""
    with record_client(url) as client:
        found = client.list_workflows(name=[RUN, ACT], **which)  # type: ignore[arg-type]
    return {one.workflow_id for one in found if f"-{worker.pid}-" in (one.executor_id or "")}


def test_a_killed_worker_s_runs_are_finished_by_the_other_and_no_finished_call_is_repeated(
    start: Start, tmp_path: Path, url: str
) -> None:
    model = SlowModel()
    with serving(model) as server:
        first = worker(start, "first")
        runs = [detached(start, server, number) for number in range(1, RUNS + 1)]
        for _ in range(RUNS):
            model.hanging.acquire()
        second = worker(start, "second")
        while (kept := kept_calls(url, runs)).total() < RUNS:
            assert first.poll() is None
        asked, had = Counter(server.prompts), tasks(url, first, status="PENDING")
        assert set(runs) < had, "the first worker conducts the runs and performs acts"
        first.kill()
        model.go.set()
        ended = [start("desk", "runs", "watch", run) for run in runs]
        for watching in ended:
            _, stderr = watching.communicate()
            assert watching.returncode == 0, stderr
        again = Counter(server.prompts) - asked

    assert second.poll() is None
    assert had <= tasks(url, second, status="SUCCESS"), "a task of the dead worker is lost"
    assert not again & kept, "an answer that was kept is asked for again"
    final = kept_calls(url, runs)
    assert max(final.values()) == 1
    assert set(final) == set(server.prompts), "an answer is lost"
    for run in runs:
        shown, _ = start("desk", "runs", "show", run, "--json").communicate()
        facts = json.loads(shown)
        assert facts["verdict"] == "verified"
        calls = len(DbosRecord(url).calls(run))
        assert facts["calls"] == calls, "the ledger counts what was paid for, once"


class Meeting:
    """Answers nobody until two are asking at once: then each of two workers with one place has an act."""

    def __init__(self) -> None:
        self._two = threading.Barrier(2)
        self._met = threading.Event()

    def __call__(self, prompt: str) -> str:
        if not self._met.is_set():
            self._two.wait(100)
            self._met.set()
        return PROGRAM if "complete and ready to run" in prompt else CHECK


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_workers_with_one_place_each_do_the_acts_of_one_run_and_it_is_whole(
    start: Start, tmp_path: Path, url: str
) -> None:
    with serving(Meeting()) as server:
        both = [worker(start, name, MAKERY_WORKERS__ACTS="1") for name in ("first", "second")]
        run = detached(start, server, 6)
        _, stderr = (watching := start("desk", "runs", "watch", run)).communicate()
    assert watching.returncode == 0, stderr
    done = [tasks(url, one, status="SUCCESS") - {run} for one in both]
    assert all(done), "a worker that did no act of the run"
    shown, _ = start("desk", "runs", "show", run, "--json").communicate()
    facts = json.loads(shown)
    assert facts["verdict"] == "verified"
    assert facts["calls"] == len(server.prompts) == len(DbosRecord(url).calls(run))
    ledger, _ = start("desk", "runs", "export", run).communicate()
    published = [
        entry["event"]["message"]["id"]
        for entry in map(json.loads, ledger.splitlines())
        if entry["event"]["type"] == "message_published"
    ]
    assert len(published) == len(set(published)), "each act's message is in the ledger once"
    assert start("desk", "runs", "export", run, "--workspace", "out").wait() == 0
    assert "2 * x" in (tmp_path / "desk" / "out" / "double.py").read_text(encoding="utf-8")


def test_what_a_run_made_comes_with_its_history_to_a_machine_that_had_no_part_in_it(
    start: Start, tmp_path: Path
) -> None:
    with serving(lambda prompt: PROGRAM if "complete and ready to run" in prompt else CHECK) as server:
        worker(start, "worker")
        run = detached(start, server, 4)
        assert start("desk", "runs", "watch", run).wait() == 0
    exported = start("desk", "runs", "export", run, "--workspace", "out")
    _, stderr = exported.communicate()
    assert exported.returncode == 0, stderr
    out = tmp_path / "desk" / "out"
    assert "2 * x" in (out / "double.py").read_text(encoding="utf-8")
    assert (out / ".makery" / "verdict.json").is_file()
    log = subprocess.run(["git", "log", "--format=%s"], cwd=out, capture_output=True, text=True, check=True)
    assert log.stdout.splitlines()[-1] == "Program 0.0: first draft, not run yet"
    assert not (tmp_path / "desk" / "home" / "runs").exists()


def test_a_run_that_waits_for_a_worker_can_be_paused_and_resumed(start: Start) -> None:
    with serving(lambda prompt: PROGRAM if "complete and ready to run" in prompt else CHECK) as server:
        run = detached(start, server, 5)
        paused = start("desk", "runs", "pause", run)
        _, stderr = paused.communicate()
        assert paused.returncode == 0, stderr
        resumed = start("desk", "runs", "resume", run, "--json")
        worker(start, "worker")
        stdout, stderr = resumed.communicate()
    assert resumed.returncode == 0, stderr
    assert json.loads(stdout)["verdict"] == "verified"
