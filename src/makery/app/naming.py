"""A run's folder: its name, where the user gave none, and whether it still is the run's."""

import json
import re
from pathlib import Path

from makery.kernel.documents import Requirement
from makery.kernel.errors import InputError
from makery.store.runs import RunRecord

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


def insist_on_folder(record: RunRecord) -> None:
    """Nothing, if the run's folder is there and no other run has been built over it.

    Raises:
        InputError: it is not.
    """
    folder = Path(record.out)
    if not folder.is_dir():
        raise InputError(f"The folder of run {record.id!r}, {record.out!r}, is gone.")
    holder = _holder(folder)
    # A repository holds many changes, each on a branch of its own.
    if holder not in ("", record.id) and record.options.get("kind") != "change":
        raise InputError(
            f"The folder of run {record.id!r}, {record.out!r}, was built over by run {holder!r}.",
            remedy="Begin a new run in another folder.",
        )


def _holder(folder: Path) -> str:
    """The run that the folder says it holds; '' if it does not say."""
    try:
        facts = json.loads((folder / ".makery" / "run.json").read_text(encoding="utf-8"))
        return str(facts["run_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
