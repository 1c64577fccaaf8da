"""Reads a ledger export: JSON Lines, one `Entry` each, as runs leave it in DIR/.makery/ledger.jsonl."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from makery.kernel.artifact import Frozen
from makery.kernel.events import Entry

E = TypeVar("E", bound=Frozen)


def entries(path: Path) -> list[Entry]:
    """Give the entries of an export, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Entry.model_validate_json(line) for line in lines if line.strip()]


def events(found: Iterable[Entry], kind: type[E]) -> Iterator[tuple[float, E]]:
    """Give the events of a kind with the time, in Unix seconds, at which each ended."""
    return ((entry.at, entry.event) for entry in found if isinstance(entry.event, kind))


def covered(ended: Iterable[tuple[float, float]]) -> float:
    """Give the seconds during which at least one of some activities went on.

    Args:
        ended: when each ended and how long it took, in seconds.
    """
    total, until = 0.0, float("-inf")
    for start, end in sorted((end - seconds, end) for end, seconds in ended):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
