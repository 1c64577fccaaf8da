"""A factory whose model, sandbox and verifier are stand-ins; store, workspace and team are the real ones."""

from collections.abc import Callable
from pathlib import Path

import pytest
from app_standins import StandIns, settings_in

from makery.app.factory import Factory
from makery.app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose data folder is the test's."""
    return settings_in(tmp_path)


@pytest.fixture
def factory(settings: Settings) -> Callable[..., Factory]:
    """Makes a factory from a model's script; see `StandIns`."""

    def make(*args: object, **kwargs: object) -> Factory:
        return Factory(settings, parts=StandIns(settings, *args, **kwargs))  # type: ignore[arg-type]

    return make
