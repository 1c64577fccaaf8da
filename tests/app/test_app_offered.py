"""Installed packages add sandboxes and providers of models by their entry points."""

import sys
from pathlib import Path

import pytest
from app_standins import settings_in

from makery.app.build import Installed
from makery.app.settings_sources import load_settings
from makery.kernel.errors import InputError, SettingsError

PACKAGE = """
from pathlib import Path
from makery.testing import FakeSandbox

PROVIDERS = Path(__file__).with_name("own.toml")

def box():
    return FakeSandbox()

def no_box():
    return 3
"""
CATALOGUE = """
[providers.smithy]
title = "The smithy"
wire = "openai"
base_url = "https://smithy.example/v1"
key_variables = ["SMITHY_API_KEY"]

[[models]]
provider = "smithy"
model = "anvil-7b"
context = 4096
"""
POINTS = """
[makery.sandboxes]
paper = own_parts:box
broken = own_parts:no_box

[makery.providers]
smithy = own_parts:PROVIDERS
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with two sandboxes and a provider, on the path."""
    site = tmp_path / "site"
    info = site / "own_parts-1.dist-info"
    info.mkdir(parents=True)
    (site / "own_parts.py").write_text(PACKAGE, encoding="utf-8")
    (site / "own.toml").write_text(CATALOGUE, encoding="utf-8")
    (info / "METADATA").write_text("Name: own_parts\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "own_parts", raising=False)
    return site


def test_a_sandbox_of_a_package_is_chosen_by_its_name(package, tmp_path):
    settings = load_settings({"MAKERY_SANDBOX": "paper"}, folder=tmp_path)
    assert type(Installed(settings, {}).sandbox()).__name__ == "FakeSandbox"


def test_a_sandbox_that_nobody_offers_is_refused_with_those_there_are(package, tmp_path):
    with pytest.raises(SettingsError, match=r"no sandbox 'glass', only auto, .*paper"):
        load_settings({"MAKERY_SANDBOX": "glass"}, folder=tmp_path)


def test_an_entry_point_that_gives_no_sandbox_is_a_clear_error(package, tmp_path):
    settings = load_settings({"MAKERY_SANDBOX": "broken"}, folder=tmp_path)
    with pytest.raises(InputError, match=r"own_parts:no_box.*gives no sandbox"):
        Installed(settings, {}).sandbox()


def test_models_of_a_package_are_found_by_name_and_listed_with_the_others(package, tmp_path):
    parts = Installed(settings_in(tmp_path), {"SMITHY_API_KEY": "k"})
    assert parts.model_name("anvil-7b") == "smithy/anvil-7b"
    rows = {row.name: row for row in parts.models()}
    assert (rows["smithy/anvil-7b"].base_url, rows["smithy/anvil-7b"].context) == (
        "https://smithy.example/v1",
        4096,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CATALOGUE.replace("smithy]", "openai]").replace('"smithy"', '"openai"'), "there is one already"),
        ("[providers.x]\nwire = 'morse'", "The models of smithy cannot be read"),
        ("not toml", "The models of smithy cannot be read"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_told_with_its_origin(package, tmp_path, text, says):
    (package / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        Installed(settings_in(tmp_path), {}).models()
