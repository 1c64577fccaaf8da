"""The command line on a factory of stand-ins, and in a process of its own."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import StandIns, settings_in

from makery.app.factory import Factory


@pytest.fixture
def makery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `makery WORDS…` in a folder of the test's; options after the words go to `StandIns`."""
    from makery.interfaces.cli.main import app

    monkeypatch.chdir(tmp_path)
    settings = settings_in(tmp_path)

    def run(*words: str, stdin: str | bytes = "", **standins: object) -> Result:
        factory = Factory(settings, parts=StandIns(settings, **standins))  # type: ignore[arg-type]
        return CliRunner().invoke(app, list(words), input=stdin, obj=factory)

    return run


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `makery build`, or `makery runs replay`, on a model at a URL; the parts are the installed ones."""
    from makery.app.build import Installed
    from makery.app.settings import PatienceSettings, Settings
    from makery.interfaces.cli.main import app

    monkeypatch.chdir(tmp_path)
    patience = PatienceSettings(attempts=2, first_wait=0, first_token_seconds=2.5, idle_seconds=2.5)
    settings = Settings(home=tmp_path / "home", mode="direct", patience=patience)

    def run(model: str, requirement: str, *more: str, replaying: str = "") -> Result:
        factory = Factory(settings, parts=Installed(settings, os.environ))
        if replaying:
            replay = ["runs", "replay", replaying, "-o", "again", "--json"]
            return CliRunner().invoke(app, replay, obj=factory)
        words = ("build", requirement, "-o", "out", "--json", "--allow-unknown-price", "--model", model)
        return CliRunner().invoke(app, [*words, *more], obj=factory)

    return run
