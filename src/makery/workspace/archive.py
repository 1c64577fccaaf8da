"""A repository as an archive: unpacked without trusting it, packed for download."""

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from makery.kernel.errors import InputError
from makery.kernel.paths import in_git, path_problem
from makery.workspace.files import IGNORED, storage_failure

_LEFT_OUT = frozenset(line.rstrip("/") for line in IGNORED)
_PIECE = 64 * 1024


class ArchiveLimits(NamedTuple):
    """What an archive may hold once it is unpacked; a bomb is stopped when it passes one of them."""

    total: int = 256 << 20
    """Bytes of all files together, counted while unpacking: what the archive says of them is not believed."""
    file: int = 32 << 20
    files: int = 20_000


class _Member(NamedTuple):
    name: str
    kind: str
    """`file`, `folder`, or what else it is."""
    opened: IO[bytes] | None
    unread: int = 0
    """Bytes that have to be decompressed to get past it, though it is left out."""


def unpack(archive: Path, target: Path, limits: ArchiveLimits | None = None) -> int:
    """Write a zip or tar archive's files below an empty folder; how many there were.

    `.git`, Makery's own folder and caches are left out, so that nothing in them is ever trusted.

    Raises:
        InputError: it is no such archive; a name in it leaves the folder; it holds a link or a device;
            it is too large. Nothing is left of it then.
        StorageFailure: full disk or read-only folder.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        return _unpacked(_members(archive), target, limits or ArchiveLimits())
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, _UNREADABLE) or (isinstance(error, OSError) and error.errno is None):
            raise InputError(f"The archive cannot be read: {error}.", remedy=_FORM) from None
        if isinstance(error, OSError):
            raise storage_failure(error, target) from error
        raise


def pack(root: Path, paths: Iterable[str], out: IO[bytes]) -> None:
    """Write those files of a folder into a zip archive, each under its own path."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(paths):
            file = root / path
            if file.is_file() and not file.is_symlink():
                # 1980 is the first year that the format knows; a fixed one makes archives reproducible.
                info = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
                info.external_attr = (file.stat().st_mode & 0o777) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, file.read_bytes())


def _members(archive: Path) -> Iterator[_Member]:
    return _zipped(archive) if zipfile.is_zipfile(archive) else _tarred(archive)


_FORM = "Send a .zip, .tar, .tar.gz or .tar.xz of the repository's files, without a password."
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, EOFError, RuntimeError, zlib.error, lzma.LZMAError)
"""What the libraries raise for archives that are damaged, encrypted, or none."""


def _zipped(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            mode = info.external_attr >> 16
            if info.is_dir():
                yield _Member(info.filename, "folder", None)
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield _Member(info.filename, "link or device", None)
            else:
                with opened.open(info) as file:
                    yield _Member(info.filename, "file", file)


def _tarred(archive: Path) -> Iterator[_Member]:
    with tarfile.open(archive) as opened:
        for info in opened:
            if info.isdir():
                yield _Member(info.name, "folder", None)
            elif info.isreg():
                yield _Member(info.name, "file", opened.extractfile(info), unread=info.size)
            elif info.type != tarfile.XGLTYPE:
                yield _Member(info.name, "link or device", None)


def _unpacked(members: Iterator[_Member], target: Path, limits: ArchiveLimits) -> int:
    files, total = 0, 0
    for member in members:
        name = member.name.removeprefix("./")
        if member.kind == "folder" or _left_out(name):
            total += member.unread
            _refuse_bomb(name, total, limits.total)
            continue
        if member.opened is None:
            raise InputError(f"The archive holds a {member.kind}: {name[:200]!r}.", remedy="Leave it out.")
        files += 1
        if files > limits.files:
            raise InputError(f"The archive holds more than {limits.files} files.", remedy="Leave some out.")
        total += _write(_place(target, name), name, member.opened, min(limits.file, limits.total - total))
    if not files:
        raise InputError("The archive holds no files.", remedy=_FORM)
    return files


def _left_out(name: str) -> bool:
    parts = tuple(part for part in name.split("/") if part)
    return in_git(parts) or not _LEFT_OUT.isdisjoint(parts)


def _place(target: Path, name: str) -> Path:
    problem = path_problem(name)
    if problem:
        raise InputError(f"The name {name[:200]!r} in the archive {problem}.", remedy=_FORM)
    return target / name


def _write(path: Path, name: str, source: IO[bytes], most: int) -> int:
    size = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while piece := source.read(_PIECE):
                size += len(piece)
                _refuse_bomb(name, size, most)
                file.write(piece)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise InputError(f"The archive holds {name[:200]!r} twice, or as file and folder.") from None
    return size


def _refuse_bomb(name: str, size: int, most: int) -> None:
    if size > most:
        raise InputError(
            f"The archive is too large: {name[:200]!r} passes what may be unpacked.",
            remedy="Leave out what the program does not need.",
        )
