"""Evaluations on small data in the suites' own forms: model and verifier are stand-ins, judging is real."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import settings_in
from lab_standins import DATA, LabStandIns

from makery.app.factory import Factory

collect_ignore = ["data"]


@pytest.fixture
def data() -> Path:
    """The folder with all suites' data."""
    return DATA


@pytest.fixture
def factory(tmp_path: Path) -> Callable[..., Factory]:
    """Makes a factory; see `LabStandIns`."""
    settings = settings_in(tmp_path)

    def make(*args: object, **kwargs: object) -> Factory:
        return Factory(settings, parts=LabStandIns(settings, *args, **kwargs))  # type: ignore[arg-type]

    return make


@pytest.fixture
def makery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factory: Callable[..., Factory]
) -> Callable[..., Result]:
    """Runs `makery WORDS…` in a folder of the test's; options after the words go to `LabStandIns`."""
    from makery.interfaces.cli.main import app

    monkeypatch.chdir(tmp_path)

    def run(*words: str, **standins: object) -> Result:
        return CliRunner().invoke(app, list(words), obj=factory(**standins))

    return run
