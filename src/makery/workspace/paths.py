"""Which file names a program may have: none that leaves its folder, here or on another system."""

import unicodedata
from pathlib import Path, PurePosixPath

from makery.kernel.errors import InputError

PRIVATE = ".makery"
"""Makery's own folder in a workspace: report, verdict, ledger export."""

LONGEST_NAME = 255
LONGEST_PATH = 1024
"""Bytes in UTF-8: what common file systems take, with room for the folder's own path."""

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"] + [f"{p}{n}" for p in ("com", "lpt") for n in range(10)]
)


def safe_path(path: str) -> PurePosixPath:
    """The path, normalised, if it names a file below a folder on every common system.

    Raises:
        InputError: says what is wrong with it.
    """
    problem = _problem(path)
    if problem:
        raise InputError(
            f"The file name {path[:200]!r} {problem}.",
            remedy="Use a relative name with '/', inside the program's folder.",
        )
    return PurePosixPath(path)


def below(root: Path, path: str) -> Path:
    """Where a file is on disk, links to folders followed.

    Raises:
        InputError: the name is not safe, or a link on the way leads out of the root or into `.git`.
    """
    relative = safe_path(path)
    base = root.resolve()
    folder = (base / relative.parent).resolve()
    if not folder.is_relative_to(base) or _in_git(folder.relative_to(base).parts):
        raise InputError(
            f"The file name {path!r} leaves {str(root)!r}: a folder in it is a link to {str(folder)!r}.",
            remedy="Remove the link, or choose another name.",
        )
    return folder / relative.name


def _problem(path: str) -> str:
    if not path or path != path.strip():
        return "is empty or begins or ends with a space"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in path):
        return "has control characters or invisible ones"
    if "\\" in path:
        return "has a backslash"
    if ":" in path:
        return "has a colon, as drive letters do"
    if path.startswith("/"):
        return "is absolute"
    if path.endswith("/") or not PurePosixPath(path).name:
        return "names a folder, not a file"
    if len(path.encode()) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} bytes"
    parts = PurePosixPath(path).parts
    return next((problem for part in parts if (problem := _part_problem(part))), "")


def _part_problem(part: str) -> str:
    if part == "..":
        return "climbs out with '..'"
    if part.endswith((".", " ")):
        return f"has a part, {part!r}, that ends with a dot or a space"
    if _in_git((part,)):
        return "is inside git's own folder"
    if part.split(".")[0].strip().casefold() in _RESERVED:
        return f"has a part, {part!r}, that Windows keeps for a device"
    if len(part.encode()) > LONGEST_NAME:
        return f"has a part longer than {LONGEST_NAME} bytes"
    return ""


def _in_git(parts: tuple[str, ...]) -> bool:
    # `git~1` is the short name of `.git` on NTFS (CVE-2019-1352).
    return any(part.casefold() in (".git", "git~1") for part in parts)
