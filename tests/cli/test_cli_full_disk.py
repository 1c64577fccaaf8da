"""A disk that is full, for the program or for Makery's own data, is told and loses nothing that was there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from openai_standin import serving

pytestmark = pytest.mark.sandboxed

PROGRAM = f'double.py\n```python\nDATA = """{"x" * (1 << 20)}"""\n```\n'
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_on_small_disk(tmp_path: Path) -> Run:
    """Runs `makery WORDS…` where the test's folder `small` is a file system of 768 KiB of its own."""
    small = tmp_path / "small"
    small.mkdir()
    box = ["bwrap", "--dev-bind", "/", "/", "--size", str(768 << 10), "--tmpfs", str(small)]
    if shutil.which("bwrap") is None or subprocess.run([*box, "true"], capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be made here: bubblewrap is missing, old, or may not")

    def run(*words: str, home: Path) -> "subprocess.CompletedProcess[str]":
        command = [*box, sys.executable, "-m", "makery.interfaces.cli.main", *words]
        environment = {**os.environ, "MAKERY_HOME": str(home)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return run


def test_a_full_disk_is_told_in_a_sentence(run_on_small_disk: Run, tmp_path: Path) -> None:
    words = ("build", "Write `double.py`, which prints 8.", "-o", "small/out", "--mode", "direct", "--json")
    with serving(lambda _: PROGRAM) as server:
        ended = run_on_small_disk(
            *words, "--allow-unknown-price", "--model", server.model, home=tmp_path / "home"
        )

    facts = json.loads(ended.stdout)
    assert ended.returncode == 2, ended.stderr
    assert "is full" in facts["message"] and "small/out" in facts["message"]
    assert facts["continue_with"].startswith("makery runs resume")
    assert "Traceback" not in ended.stderr


def test_a_full_disk_for_makerys_own_data_is_told_in_a_sentence(
    run_on_small_disk: Run, tmp_path: Path
) -> None:
    words = ("build", "Write `double.py`, which prints 8.", "-o", "out", "--mode", "direct", "--json")
    with serving(lambda _: PROGRAM) as server:
        ended = run_on_small_disk(
            *words, "--allow-unknown-price", "--model", server.model, home=tmp_path / "small" / "home"
        )

    facts = json.loads(ended.stdout)
    assert ended.returncode == 2, ended.stderr
    assert "small/home" in facts["message"]
    assert "Traceback" not in ended.stderr
