"""Evaluations in processes of their own: all is real but the model."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_standins import DATA, HALVES, SHOUT, written

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from openai_standin import StandInServer, serving

pytestmark = pytest.mark.sandboxed

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts an evaluation of HumanEval on a server in the test's folder."""

    def begin(server: StandInServer, *words: str) -> "subprocess.Popen[str]":
        fixed = ("--data", str(DATA), "--model", server.model, "--allow-unknown-price", "--out", "r.jsonl")
        return subprocess.Popen(
            [sys.executable, "-m", "makery.interfaces.cli.main", "eval", "humaneval", *fixed, *words],
            cwd=tmp_path,
            env={**os.environ, "MAKERY_HOME": str(tmp_path / "home")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return begin


def right(prompt: str) -> str:
    return written(SHOUT if "`shout`" in prompt else HALVES)


def ids(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / "r.jsonl").read_text("utf-8").splitlines()]


def test_best_of_n_tries_again_only_where_an_example_fails(start: Start, tmp_path: Path) -> None:
    with serving(right) as server:
        process = start(server, "--mode", "best_of_n", "--candidates", "2", "--jobs", "2")
        stdout, stderr = process.communicate()

    assert process.returncode == 0, stderr
    assert "2 (100.0 %)" in stdout
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
    assert {line["ran"] for line in lines} == {"best_of_n"}
    assert {line["configuration"]["model"] for line in lines} == {"custom/stand-in"}
    calls = {line["id"]: line["calls"] for line in lines}
    assert calls["HumanEval/901"] == 1, "it has no example, and is clean"


def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(start: Start, tmp_path: Path) -> None:
    reached = threading.Event()
    with serving(right) as server:

        def hanging(prompt: str) -> str:
            if "`shout`" in prompt:
                reached.set()
                server.over.wait()
            return right(prompt)

        server.answer = hanging
        process = start(server, "--mode", "direct")
        assert process.stderr is not None
        first = process.stderr.readline()
        reached.wait()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate()

    assert first.startswith("[1/2] HumanEval/901: solved")
    assert process.returncode == 130, rest
    assert "--resume" in rest and "Traceback" not in rest
    assert ids(tmp_path) == ["HumanEval/901"]

    with serving(right) as server:
        process = start(server, "--mode", "direct", "--resume")
        _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert ids(tmp_path) == ["HumanEval/901", "HumanEval/900"]
