"""Reading and writing a workspace's files: whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from makery.kernel.errors import InputError, MakeryError, StorageFailure
from makery.workspace.paths import PRIVATE, below

LARGEST = 256 * 1024
"""Bytes of the largest file that is read as source text."""

LARGEST_CONTENT = 8 * 1024 * 1024
"""Bytes of the largest file that is read as it is."""

_GENERATED = frozenset(
    [
        ".git", PRIVATE, ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".venv",
        "__pycache__", "node_modules", "venv",
    ]
)  # fmt: skip
IGNORED = tuple(f"{name}/" for name in sorted(_GENERATED - {".git"}))
"""Folders that are never read and never committed, as lines of a git exclude file."""


class Reading(NamedTuple):
    """Text files by path, and why each of the others was not read."""

    texts: dict[str, str]
    skipped: dict[str, str]


def read_texts(root: Path, paths: Iterable[str]) -> Reading:
    """Read those of the files that are text of a sensible size, line ends unchanged.

    Raises:
        StorageFailure: a file cannot be read.
    """
    texts: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for path in sorted(paths):
        if not _GENERATED.isdisjoint(path.split("/")):
            continue
        content = _text(root, path)
        if content.text is None:
            skipped[path] = content.reason
        else:
            texts[path] = content.text
    return Reading(texts, skipped)


def read_contents(root: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Read those of the files that are no links and of a sensible size.

    Raises:
        StorageFailure: a file cannot be read.
    """
    wanted = [path for path in sorted(paths) if _GENERATED.isdisjoint(path.split("/"))]
    found = {path: _bytes(root, path, LARGEST_CONTENT) for path in wanted}
    return {path: data for path, data in found.items() if isinstance(data, bytes)}


def write_files(root: Path, files: Mapping[str, str | bytes], remove: Iterable[str] = ()) -> None:
    """Write and remove files below the root; every name is checked before anything is touched.

    Raises:
        InputError: a name is not safe, or a file stands where a folder is needed, or the reverse.
        StorageFailure: full disk or read-only folder.
    """
    targets = {below(root, path): _encoded(path, content) for path, content in files.items()}
    gone = [below(root, path) for path in remove]
    _refuse_clashes(root, targets, set(gone))
    for path in gone:
        _remove(path, root)
    for path, content in targets.items():
        _write(path, content, root)


def storage_failure(error: OSError, path: Path) -> MakeryError:
    """The typed error for what the operating system refused, with what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        what, remedy = "the disk, or your share of it, is full", "Free some space, then continue the run."
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        what, remedy = "it is read-only for you", "Make it writable, or choose another folder with -o."
    else:
        what, remedy = error.strerror or str(error), "Choose another folder with -o."
    return StorageFailure(f"Cannot write {str(path)!r}: {what}.", remedy=remedy)


class _Content(NamedTuple):
    text: str | None
    reason: str = ""


def _text(root: Path, path: str) -> _Content:
    data = _bytes(root, path, LARGEST)
    if isinstance(data, str):
        return _Content(None, data)
    if b"\0" in data:
        return _Content(None, "is binary")
    try:
        return _Content(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _Content(None, "is not UTF-8 text")


def _bytes(root: Path, path: str, largest: int) -> bytes | str:
    """A file's content, or why it is not read."""
    file = root / path
    try:
        if file.is_symlink() or not file.resolve().is_relative_to(root.resolve()):
            return "is a link"
        if not file.is_file():
            return "is not a file"
        if file.stat().st_size > largest:
            return f"is larger than {largest // 1024} KiB"
        return file.read_bytes()
    except OSError as error:
        raise StorageFailure(f"Cannot read {str(file)!r}: {error.strerror}.") from error


def _encoded(path: str, content: str | bytes) -> bytes:
    try:
        return content if isinstance(content, bytes) else content.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"The text of {path!r} is not valid Unicode at character {error.start}.") from None


def _refuse_clashes(root: Path, targets: Mapping[Path, bytes], gone: set[Path]) -> None:
    base = root.resolve()
    for target in targets:
        if target.is_dir() and not target.is_symlink():
            raise InputError(f"{str(target.relative_to(base))!r} is a folder, so it cannot be written.")
        for parent in target.parents:
            if parent == base:
                break
            if parent in targets or (parent.is_file() and parent not in gone):
                name = str(parent.relative_to(base))
                raise InputError(f"{name!r} is a file, so nothing can be written below it.")


def _remove(path: Path, root: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == root.resolve() or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
    except OSError as error:
        raise storage_failure(error, path) from error


def _write(path: Path, data: bytes, root: Path) -> None:
    """Replace a file in one step: a reader, or a kill at any instant, sees the old or the new one whole."""
    temporary = Path()
    try:
        # In our own folder, because what a killed process leaves there is never committed.
        draft = below(root, f"{PRIVATE}/drafts/file").parent
        draft.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.is_file() else 0o644
        descriptor, name = tempfile.mkstemp(dir=draft)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        if temporary.name:
            temporary.unlink(missing_ok=True)
        raise storage_failure(error, path) from error
