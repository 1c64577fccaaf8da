"""The repository's own scripts as modules, and a factory whose model is scripted."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Load a script by its path in the checkout, with its own folder to import from, as Python does."""

    def load(path: str) -> ModuleType:
        file = ROOT / path
        monkeypatch.syspath_prepend(str(file.parent))
        name = f"script_{file.stem}"
        spec = spec_from_file_location(name, file)
        assert spec and spec.loader
        module = module_from_spec(spec)
        monkeypatch.setitem(__import__("sys").modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load


CONVERTER = """\
import csv
import json
import sys


def main() -> None:
    print(json.dumps(list(csv.DictReader(sys.stdin))))


main()
"""
SCENARIO = {
    "files": [],
    "steps": [{"args": [], "stdin": "a\n1\n", "stdout": ['[{"a": "1"}]'], "exit_code": 0}],
}
ANSWERS: Mapping[str, str] = {
    "write_code": f"```python\n{CONVERTER}```",
    "write_test": json.dumps({"scenarios": [SCENARIO]}),
}


@pytest.fixture
def scripted_factory() -> Callable[..., Any]:
    """Stands for `makery.Factory`: all parts are the installed ones, but the model answers from a script."""
    import os

    from makery.app.build import Installed
    from makery.app.factory import Factory
    from makery.app.parts import Order
    from makery.app.settings_sources import load_settings
    from makery.kernel.budget import Budget
    from makery.kernel.ports import EventSink, Workspace
    from makery.kernel.skill import Toolbox
    from makery.testing import ScriptedModel

    class Scripted(Installed):
        def model_ready(self, name: str) -> str:
            return name

        def workbench(
            self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
        ) -> AbstractAsyncContextManager[Toolbox]:
            real = super().workbench(order, budget, emit, workspace)

            @asynccontextmanager
            async def opened() -> AsyncIterator[Toolbox]:
                model = ScriptedModel({skill: [text] * 9 for skill, text in ANSWERS.items()})
                async with real as tools:
                    yield replace(tools, models=model)

            return opened()

    def make() -> Factory:
        settings = load_settings(os.environ)
        return Factory(settings, parts=Scripted(settings, os.environ))

    return make
