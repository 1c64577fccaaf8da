"""Single files of a workspace for somebody who looks on: never through a link, never git's own."""

from pathlib import Path

from makery.kernel.errors import InputError
from makery.workspace.files import storage_failure
from makery.workspace.paths import PRIVATE, below

MOST = 16 << 20
"""Bytes of the largest file that is given."""
_HIDDEN = frozenset(["lock", "drafts"])


def read_file(root: Path, path: str, *, most: int = MOST) -> bytes | None:
    """A file's content; None if there is none of that name.

    Raises:
        InputError: the name leaves the folder, or the file is larger than `most`.
        StorageFailure: it cannot be read.
    """
    file = below(root, path)
    parts = file.relative_to(root.resolve()).parts
    hidden = parts[0] == PRIVATE and (len(parts) == 1 or parts[1] in _HIDDEN)
    if hidden or file.is_symlink() or not file.is_file():
        return None
    try:
        with file.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as error:
        raise storage_failure(error, file) from error
    if len(content) > most:
        raise InputError(
            f"The file {path!r} is larger than {most >> 20} MiB.", remedy="Download the archive."
        )
    return content


def documents(root: Path) -> dict[str, int]:
    """Sizes in bytes of what Makery wrote about the program, by path below the root."""
    private = root / PRIVATE
    found = (file for file in private.rglob("*") if file.is_file() and not file.is_symlink())
    sizes = {file.relative_to(root).as_posix(): file.stat().st_size for file in found}
    return {path: size for path, size in sorted(sizes.items()) if path.split("/")[1] not in _HIDDEN}
