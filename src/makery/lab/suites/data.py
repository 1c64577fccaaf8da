"""Where a suite's data lie, and how they are read."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from makery.kernel.errors import InputError

Row = dict[str, Any]


def located(data: Path, folder: str, file: str) -> Path:
    """The suite's file or, with `file` empty, its folder: `data` itself or below it.

    Raises:
        InputError: it is not there.
    """
    tried = [data / folder / file, data / file, data] if file else [data / folder, data]
    fits = Path.is_file if file else Path.is_dir
    found = next((path for path in tried if fits(path)), None)
    if found is None:
        raise InputError(
            f"There is no {tried[0].as_posix()!r}.",
            remedy=f"Name with --data the folder that holds {folder!r}; see docs/evaluation.md.",
        )
    return found


def rows(path: Path) -> tuple[Row, ...]:
    """The objects of a `.jsonl`, `.jsonl.gz` or `.json` file.

    Raises:
        InputError: it is not such a file.
    """
    try:
        return tuple(_parsed(path))
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path.as_posix()!r} cannot be read as data: {error}.") from None


def _parsed(path: Path) -> Iterator[Row]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    if path.name.endswith(".json"):
        yield from json.loads(text)
        return
    yield from (json.loads(line) for line in text.splitlines() if line.strip())
