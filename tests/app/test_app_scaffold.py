"""Starting points work as they are written: their own tests pass, and a plug-in's parts are found."""

import subprocess
import sys
from pathlib import Path

import pytest

from makery.app.scaffold.new import write_new
from makery.kernel.errors import InputError


def passes(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("kind", ["skill", "role", "team"])
def test_a_starting_point_passes_its_own_test(kind, tmp_path):
    written = write_new(kind, "fix_spelling", tmp_path)
    assert all("<<" not in path.read_text(encoding="utf-8") for path in written)
    done = passes(tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_plug_in_is_found_once_it_is_on_the_path(tmp_path, monkeypatch):
    write_new("plugin", "my_plugin", tmp_path)
    source = tmp_path / "my_plugin" / "src"
    info = source / "my_plugin-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: my_plugin\nVersion: 0.1.0\n", encoding="utf-8"
    )
    text = (tmp_path / "my_plugin" / "pyproject.toml").read_text(encoding="utf-8")
    import tomllib

    points = tomllib.loads(text)["project"]["entry-points"]
    lines = [
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in names.items()) for group, names in points.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(source))
    done = passes(tmp_path / "my_plugin")
    assert done.returncode == 0, done.stdout


def test_nothing_is_written_over_and_odd_names_are_refused(tmp_path):
    write_new("team", "pair", tmp_path)
    with pytest.raises(InputError, match="There is already"):
        write_new("team", "pair", tmp_path)
    for name in ("Pair", "../x", "a b", ""):
        with pytest.raises(InputError, match="cannot be used"):
            write_new("skill", name, tmp_path)
