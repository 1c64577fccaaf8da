"""The real command line on the real embedded model, with a data folder and an engine of the tests' own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from makery.app.settings_sources import default_home
from makery.llm.embedded.weights import embedded_model

NAMES = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b")
"""The first whose weights are here is used."""
DATA_FOLDER = default_home()
"""This machine's own, seen before a test gets a home of its own."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def model() -> str:
    """The embedded model that the tests run on."""
    models = DATA_FOLDER / "models"
    found = next((name for name in NAMES if embedded_model(name).present(models)), None)
    if found is None:
        pytest.skip(f"no weights in {models}: run `makery models pull`")
    return found


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that shares this machine's weights and nothing else; its engine is stopped at the end."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "models").symlink_to(DATA_FOLDER / "models")
    yield folder
    words = [sys.executable, "-m", "makery.interfaces.cli.main", "models", "stop"]
    subprocess.run(words, env={**os.environ, "MAKERY_HOME": str(folder)}, check=True)


@pytest.fixture
def start(tmp_path: Path, data_folder: Path) -> Iterator[Start]:
    """Starts `makery WORDS…` in the test's folder; what still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "makery.interfaces.cli.main", *words],
            cwd=tmp_path,
            env={**os.environ, "MAKERY_HOME": str(data_folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
