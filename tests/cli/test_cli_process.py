"""Whole runs in processes of their own: all is real but the model."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from openai_standin import StandInServer, serving

pytestmark = pytest.mark.sandboxed

REQUIREMENT = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double(4)
8
```
"""
PROGRAM = "double.py\n```python\ndef double(x):\n    return 2 * x\n```\n"

CHECK = "```python\ndef test_double():\n    from double import double\n    assert double(3) == 6\n```\n"
RECORDING = "run.jsonl"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts `makery WORDS…` in the test's folder."""

    def begin(*words: str) -> "subprocess.Popen[str]":
        environment = {
            **os.environ,
            "MAKERY_HOME": str(tmp_path / "home"),
            "MAKERY_PATIENCE__FIRST_WAIT": "0",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "makery.interfaces.cli.main", *words],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return begin


def build_words(server: StandInServer, *more: str) -> tuple[str, ...]:
    words = ("build", REQUIREMENT, "-o", "out", "--mode", "direct", "--json", "--allow-unknown-price")
    return (*words, "--model", server.model, *more)


def test_a_requirement_becomes_a_program_that_was_run(start: Start, tmp_path: Path) -> None:
    with serving(lambda _: PROGRAM) as server:
        process = start(*build_words(server))
        stdout, stderr = process.communicate()

    facts = json.loads(stdout)
    assert facts["verdict"] in ("verified", "partly verified"), stderr
    assert facts["calls"] == 1 and facts["tokens"]["prompt"] == 100
    assert (tmp_path / "out" / "double.py").is_file()
    trace = json.loads((tmp_path / "out" / ".makery" / "traceability.json").read_text(encoding="utf-8"))
    assert any(check["outcome"] == "passed" for clause in trace for check in clause["checks"])


def test_a_recorded_run_is_replayed_without_a_model(start: Start, tmp_path: Path) -> None:
    with serving(lambda _: PROGRAM) as server:
        start(*build_words(server, "--record", RECORDING)).communicate()
    recorded = json.loads((tmp_path / "out" / ".makery" / "verdict.json").read_text(encoding="utf-8"))

    process = start(
        "build", REQUIREMENT, "-o", "again", "--mode", "direct", "--json", "--replay", "run.jsonl"
    )
    stdout, stderr = process.communicate()

    assert json.loads(stdout)["verdict"] == recorded["status"], stderr
    replayed = json.loads((tmp_path / "again" / ".makery" / "verdict.json").read_text(encoding="utf-8"))
    assert replayed == recorded


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_and_the_printed_command_goes_on(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    over = threading.Event()
    with serving(lambda _: (over.wait() and PROGRAM) or "") as server:
        process = start(*build_words(server))
        assert server.asked.wait(60)
        process.send_signal(number)
        stdout, stderr = process.communicate()
        facts = json.loads(stdout)
        over.set()

        assert process.returncode == 130
        assert facts["continue_with"] == f"makery runs resume {facts['run_id']}"
        assert facts["continue_with"] in stderr and "Traceback" not in stderr

        resumed = start("runs", "resume", facts["run_id"], "--json")
        stdout, stderr = resumed.communicate()

    assert json.loads(stdout)["state"] == "ended", stderr
    assert (tmp_path / "out" / "double.py").is_file()


def test_a_killed_run_goes_on_and_repeats_no_finished_call(start: Start, tmp_path: Path) -> None:
    over = threading.Event()
    duo = ("build", REQUIREMENT, "-o", "out", "--mode", "duo", "--json", "--allow-unknown-price")

    def answer(prompt: str) -> str:
        if "complete and ready to run" in prompt:
            return PROGRAM
        over.wait()
        return CHECK

    with serving(answer) as server:
        process = start(*duo, "--model", server.model)
        program = tmp_path / "out" / "double.py"
        while not program.exists() and process.poll() is None:
            server.asked.wait(0.05)
        process.kill()
        process.communicate()
        over.set()
        before = sum("complete and ready to run" in prompt for prompt in server.prompts)
        run = json.loads((tmp_path / "out" / ".makery" / "run.json").read_text(encoding="utf-8"))["run_id"]

        resumed = start("runs", "resume", run, "--json")
        stdout, stderr = resumed.communicate()
        after = sum("complete and ready to run" in prompt for prompt in server.prompts)

    assert json.loads(stdout)["state"] == "ended", stderr
    assert before == after == 1


@pytest.mark.parametrize(("status", "told"), [(401, "key"), (404, "model")])
def test_an_endpoint_that_refuses_is_told_in_a_sentence(start: Start, status: int, told: str) -> None:
    with serving(lambda _: "", status) as server:
        process = start(*build_words(server))
        stdout, stderr = process.communicate()

    assert process.returncode == 5
    assert told in json.loads(stdout)["message"]
    assert "Traceback" not in stderr


def test_a_dead_endpoint_is_told_in_a_sentence(start: Start) -> None:
    with serving(lambda _: "") as server:
        words = build_words(server)
    process = start(*words)
    stdout, stderr = process.communicate()

    assert process.returncode == 5
    assert "does not answer" in json.loads(stdout)["message"], stderr
