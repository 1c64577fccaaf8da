"""Languages of installed packages are found by their entry point, beside those that come with Makery."""

import sys
from pathlib import Path

import pytest

from makery.kernel.documents import Target
from makery.kernel.errors import InputError
from makery.languages.registry import Registry
from makery.testing import FakeSandbox

PACKAGE = """
from makery.testing import FakeLanguage

boxes = []

def logo(sandbox):
    boxes.append(sandbox)
    return FakeLanguage("logo")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a language, on the path."""
    info = tmp_path / "own_language-1.dist-info"
    info.mkdir()
    (tmp_path / "own_language.py").write_text(PACKAGE, encoding="utf-8")
    (info / "METADATA").write_text("Name: own_language\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[makery.languages]\nlogo = own_language:logo\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_language", raising=False)


def target(language: str) -> Target:
    return Target(language=language, kind="cli", entry=("main.lgo",))


def test_a_language_of_a_package_is_named_and_made_once_with_the_sandbox(package) -> None:
    sandbox = FakeSandbox()
    registry = Registry(sandbox)
    assert registry.names == ("logo", "python", "web")
    found = registry.of(target("logo"))
    assert found.guide("code", target("logo")) == "How to write code in logo."
    assert registry.of(target("logo")) is found
    assert sys.modules["own_language"].boxes == [sandbox]


def test_a_language_that_nobody_offers_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"No language plug-in is called 'logo'.*python, web"):
        Registry(FakeSandbox()).of(target("logo"))
