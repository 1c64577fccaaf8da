"""Puts files into a command's workspace and brings files back, never following a link out of it."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from makery.kernel.errors import InputError

DEEPEST = 64
"""Levels of folders that are looked into: a hostile program can nest them without end."""
MOST_FILES = 20_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def parts_of(path: str) -> tuple[str, ...]:
    """The components of a relative path.

    Raises:
        InputError: it is absolute, empty, has `..` or a NUL character.
    """
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\0" in path:
        raise InputError(
            f"The path {path!r} would leave the workspace of the command.",
            remedy="Use a relative path without '..'.",
        )
    return pure.parts


def place(folder: int, files: tuple[tuple[str, str | bytes], ...], *, owner: int | None = None) -> None:
    """Write files below an open folder, owned by `owner` if given.

    Raises:
        InputError: a path would leave the folder, or is a file and a folder at once.
        OSError: the folder's disk is full.
    """
    for path, content in files:
        *above, name = parts_of(path)
        try:
            with _made(folder, above, owner) as parent:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
                handle = os.open(name, flags, 0o644, dir_fd=parent)
                if owner is not None:
                    os.fchown(handle, owner, owner)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(_encoded(content))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise InputError(f"The file {path!r} cannot be written: {error.strerror}.") from error


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", errors="surrogateescape")


@contextmanager
def _made(folder: int, parts: list[str], owner: int | None) -> Iterator[int]:
    """The folder below `folder`, made if missing, each step without following links."""
    current = os.dup(folder)
    try:
        for part in parts:
            try:
                os.mkdir(part, 0o755, dir_fd=current)
            except FileExistsError:
                below = os.open(part, _FOLDER, dir_fd=current)
            else:
                below = os.open(part, _FOLDER, dir_fd=current)
                if owner is not None:
                    os.fchown(below, owner, owner)
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


@dataclass
class Collection:
    """Files brought back, and whether some were left because they were too many or too large."""

    room: int
    files: dict[str, bytes] = field(default_factory=dict)
    cut: bool = False

    def add(self, folder: int, name: str, path: str) -> None:
        """Read one regular file; anything else is left where it is."""
        try:
            handle = os.open(name, _FILE, dir_fd=folder)
        except PermissionError:
            os.chmod(name, 0o600, dir_fd=folder)
            handle = os.open(name, _FILE, dir_fd=folder)
        with os.fdopen(handle, "rb") as stream:
            size = os.fstat(handle).st_size
            if size > self.room or len(self.files) >= MOST_FILES:
                self.cut = True
                return
            content = stream.read(size)
        self.room -= len(content)
        self.files[path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")] = content


def collect(folder: int, patterns: tuple[str, ...], *, most_bytes: int) -> Collection:
    """The regular files below an open folder that match: a path, a glob (`**` any depth), or a folder's name.

    Call it when nothing of the command runs any more: what it looks at must not change meanwhile.

    Raises:
        InputError: a pattern would leave the folder.
    """
    found = Collection(room=most_bytes)
    for pattern in patterns:
        _gather(found, folder, parts_of(pattern), "", 0)
    return found


def _gather(found: Collection, folder: int, parts: tuple[str, ...], prefix: str, depth: int) -> None:
    head, rest = parts[0], parts[1:]
    if head == "**" and rest:
        _gather(found, folder, rest, prefix, depth)
    everything = head == "**"
    literal = not any(character in head for character in "*?[")
    names = [head] if literal else sorted(os.listdir(folder))
    for name in names:
        if not (everything or literal or fnmatchcase(name, head)):
            continue
        mode = _mode(folder, name)
        if stat.S_ISDIR(mode) and depth < DEEPEST:
            below = parts if everything else rest or (("**",) if literal else ())
            if below:
                with _opened(folder, name) as child:
                    _gather(found, child, below, f"{prefix}{name}/", depth + 1)
        elif stat.S_ISREG(mode) and not rest and prefix + name not in found.files:
            found.add(folder, name, prefix + name)


def _mode(folder: int, name: str) -> int:
    try:
        return os.lstat(name, dir_fd=folder).st_mode
    except FileNotFoundError:
        return 0


@contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    try:
        handle = os.open(name, _FOLDER, dir_fd=folder)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=folder)
        handle = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)
