"""Writes a starting point: files that work and whose test passes as they are."""

import re
from pathlib import Path
from typing import Literal

from makery.kernel.errors import InputError, StorageFailure

Kind = Literal["skill", "role", "team", "plugin"]
_TEMPLATES = Path(__file__).with_name("templates")
_FILES: dict[Kind, dict[str, str]] = {
    "skill": {
        "{name}.py": "skill.py.txt",
        "{name}.md": "skill.md.txt",
        "test_{name}.py": "test_skill.py.txt",
    },
    "role": {"{name}.py": "role.py.txt", "test_{name}.py": "test_role.py.txt"},
    "team": {"{name}.yaml": "team.yaml.txt", "test_{name}.py": "test_team.py.txt"},
    "plugin": {
        "pyproject.toml": "pyproject.toml.txt",
        "src/{name}/__init__.py": "init.py.txt",
        "src/{name}/greet.py": "skill.py.txt",
        "src/{name}/greet.md": "skill.md.txt",
        "src/{name}/critic.py": "role.py.txt",
        "src/{name}/tools.py": "tools.py.txt",
        "src/{name}/pair.yaml": "team.yaml.txt",
        "tests/test_{name}.py": "test_plugin.py.txt",
    },
}
_INNER = {"greet": "greet", "critic": "critic", "pair": "pair"}
"""In a plug-in, what the parts are called whatever the package is."""


def write_new(kind: Kind, name: str, folder: Path) -> tuple[Path, ...]:
    """The files that were written below the folder.

    Args:
        kind: what to begin.
        name: snake case; a Python name.
        folder: where; a plug-in gets a folder of its own there.

    Raises:
        InputError: the name cannot be used, or a file is there already. Nothing is written then.
        StorageFailure: the folder cannot be written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name):
        raise InputError(
            f"The name {name!r} cannot be used.", remedy="Use small letters, digits and _, like fix_spelling."
        )
    root = folder / name if kind == "plugin" else folder
    texts = {
        root / path.replace("{name}", name): _text(part, path, name) for path, part in _FILES[kind].items()
    }
    there = [str(path) for path in texts if path.exists()]
    if there:
        raise InputError(f"There is already {', '.join(there)}.", remedy="Choose another name or folder.")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFailure(f"{root} cannot be written: {error.strerror}.") from error
    return tuple(texts)


def _text(template: str, path: str, name: str) -> str:
    inner = _INNER.get(Path(path).stem, name)
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    title = "".join(part.capitalize() for part in inner.split("_"))
    return (
        text.replace("<<PACKAGE>>", name)
        .replace("<<NAME>>", inner)
        .replace("<<TITLE>>", title)
        .replace("<<CONSTANT>>", inner.upper())
    )
