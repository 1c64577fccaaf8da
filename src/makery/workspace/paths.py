"""Where a program's files are on disk: always below its folder."""

from pathlib import Path, PurePosixPath

from makery.kernel.errors import InputError
from makery.kernel.paths import in_git, path_problem

PRIVATE = ".makery"
"""Makery's own folder in a workspace: report, verdict, ledger export."""


def safe_path(path: str) -> PurePosixPath:
    """The path, normalised, if it names a file below a folder on every common system.

    Raises:
        InputError: says what is wrong with it.
    """
    problem = path_problem(path)
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
    if not folder.is_relative_to(base) or in_git(folder.relative_to(base).parts):
        raise InputError(
            f"The file name {path!r} leaves {str(root)!r}: a folder in it is a link to {str(folder)!r}.",
            remedy="Remove the link, or choose another name.",
        )
    return folder / relative.name
