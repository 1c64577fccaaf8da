"""The language plug-ins on the real sandbox."""

import pytest

from makery.kernel.documents import Target
from makery.languages.registry import Registry
from makery.sandbox.bubblewrap import BubblewrapSandbox


@pytest.fixture
def languages() -> Registry:
    return Registry(BubblewrapSandbox())


@pytest.fixture
def python(languages: Registry):
    return languages.of(Target(language="python", kind="cli", entry=("main.py",)))


@pytest.fixture
def web(languages: Registry):
    return languages.of(Target(language="web", kind="web", entry=("index.html",)))
