"""Acceptance tests for greeter."""

import os
import subprocess
import sys
from pathlib import Path


def run(*words):
    path = Path(os.environ["APP_DIR"]) / "greet.py"
    return subprocess.run([sys.executable, path, *words], capture_output=True, text=True, timeout=10)


def test_greets():
    assert run("Ann").stdout == "hello Ann\n"


def test_exit_code():
    assert run("Bo").returncode == 0
