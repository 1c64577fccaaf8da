"""Which file names a program may have: none that leaves its folder, here or on another system."""

import unicodedata
from pathlib import PurePosixPath

LONGEST_NAME = 255
LONGEST_PATH = 1024
"""Bytes in UTF-8: what common file systems take, with room for the folder's own path."""

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"] + [f"{p}{n}" for p in ("com", "lpt") for n in range(10)]
)


def path_problem(path: str) -> str:
    """What is wrong with a file name, as the rest of a sentence; '' if it is safe on every common system."""
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


def in_git(parts: tuple[str, ...]) -> bool:
    """Whether one of the parts of a path is git's own folder."""
    # `git~1` is the short name of `.git` on NTFS (CVE-2019-1352).
    return any(part.casefold() in (".git", "git~1") for part in parts)


def _part_problem(part: str) -> str:
    if part == "..":
        return "climbs out with '..'"
    if part.endswith((".", " ")):
        return f"has a part, {part!r}, that ends with a dot or a space"
    if in_git((part,)):
        return "is inside git's own folder"
    if part.split(".")[0].strip().casefold() in _RESERVED:
        return f"has a part, {part!r}, that Windows keeps for a device"
    if len(part.encode()) > LONGEST_NAME:
        return f"has a part longer than {LONGEST_NAME} bytes"
    return ""
