"""What there is to start from; and the plug-in in examples/ as it is built, installed and used."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from makery.app.templates import install_template, templates
from makery.kernel.errors import InputError
from makery.teams.team_file import read_team

PLUGIN = Path(__file__).resolve().parents[2] / "examples" / "plugin"


def test_our_teams_and_kits_are_listed_with_what_they_are_for() -> None:
    rows = {(row.kind, row.name): row for row in templates()}
    assert rows["team", "interpreter"].about and rows["team", "interpreter"].origin == "makery"
    assert rows["tools", "files"].about == "files_find, files_list, files_read, files_write"


def test_a_team_is_copied_once_and_can_be_read(tmp_path: Path) -> None:
    path = install_template("debate", tmp_path / "teams")
    assert read_team(path).name == "debate"
    with pytest.raises(InputError, match="There is already"):
        install_template("debate", tmp_path / "teams")
    with pytest.raises(InputError, match="No team is called"):
        install_template("debat", tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for packages in which the example plug-in's wheel was unpacked, as installers do."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(PLUGIN, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    built = subprocess.run(words, cwd=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder


def in_process(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed / "site"),
        "MAKERY_HOME": str(installed / "home"),
    }
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=installed, env=environment, capture_output=True, text=True
    )


def test_the_plug_in_passes_its_own_tests_once_it_is_installed(installed: Path) -> None:
    done = in_process(installed, "pytest", "-q", "-p", "no:cacheprovider", "source/tests")
    assert done.returncode == 0, done.stdout


def test_its_team_and_its_kit_are_among_the_templates_and_can_be_used(installed: Path) -> None:
    cli = "makery.interfaces.cli.main"
    listed = json.loads(in_process(installed, cli, "templates", "list", "--json").stdout)
    rows = {row["template"]: row for row in listed}
    assert rows["proofreaders"]["from"] == "makery-words"
    assert (rows["words"]["kind"], rows["words"]["about"]) == ("tools", "words_count, words_longest")
    assert in_process(installed, cli, "team", "check", "proofreaders").stdout == "proofreaders: can work.\n"
    assert in_process(installed, cli, "templates", "install", "proofreaders").returncode == 0
    assert (installed / "proofreaders.yaml").is_file()
