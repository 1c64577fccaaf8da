"""The name of a run's folder, where the user gave none."""

import re
from pathlib import Path

from makery.kernel.documents import Requirement

_LONGEST = 40
_GENERIC = frozenset(["main", "index", "app", "server", "cli", "program"])


def free_folder(requirement: Requirement, parent: Path) -> Path:
    """A folder below `parent` that does not exist yet: the program's name, numbered if need be."""
    name = name_of(requirement)
    folder, number = parent / name, 1
    while folder.exists():
        number += 1
        folder = parent / f"{name}-{number}"
    return folder


def name_of(requirement: Requirement) -> str:
    """A short lower-case name in ASCII: the entry file's, else the first words', else `program`."""
    stem = Path(requirement.target.entry[0]).stem if requirement.target.entry else ""
    if stem and stem.lower() not in _GENERIC and _slug(stem):
        return _slug(stem)
    first = next((line for line in requirement.text.splitlines() if line.strip()), "")
    return _slug(first.lstrip("# ")) or "program"


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))
    chosen: list[str] = []
    for word in words:
        if chosen and len("-".join([*chosen, word])) > _LONGEST:
            break
        chosen.append(word)
    return "-".join(chosen)[:_LONGEST]
