"""Workspaces whose files are kept where every worker reaches them.

The conductor of a run writes a folder with a git repository, as always, and puts each file and each commit
on the shelf as well (a commit as a git bundle, https://git-scm.com/docs/git-bundle). Another worker that
goes on with the run makes the folder anew from there. Acts elsewhere need no folder: they read and write on
the shelf.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

from makery.workspace.files import IGNORED, LARGEST, LARGEST_CONTENT
from makery.workspace.git import Git
from makery.workspace.paths import PRIVATE, safe_path
from makery.workspace.repository import Commit, GitWorkspace


class Item(Protocol):
    """A file, or a piece of history, on the shelf."""

    @property
    def kind(self) -> Literal["file", "bundle"]: ...
    @property
    def name(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def digest(self) -> str: ...


class Shelf(Protocol):
    """One run's kept files; `makery.store.run_files.RunFiles` is the real one. All raise `StorageFailure`."""

    def put(self, kind: Literal["file", "bundle"], name: str, data: bytes) -> None: ...

    def remove(self, name: str) -> None: ...

    def since(self, seq: int) -> Sequence[Item]: ...

    def read(self, digest: str) -> bytes: ...


class ShelvedWorkspace:
    """A git workspace that puts everything on a shelf, and takes in what acts elsewhere put there.

    Args:
        inner: the folder; `restored` makes it.
        shelf: the run's.
    """

    def __init__(self, inner: GitWorkspace, shelf: Shelf) -> None:
        self._inner = inner
        self._shelf = shelf
        self._seen = 0
        self._kept = ""
        """The last commit that is on the shelf."""

    @classmethod
    def restored(cls, root: Path, shelf: Shelf) -> "ShelvedWorkspace":
        """The workspace as the shelf has it, in a folder that may be new, or left from an earlier sitting.

        Raises:
            StorageFailure: the folder cannot be written, or the shelf not be read.
        """
        fresh = not (root / ".git").exists()
        inner = GitWorkspace.create(root, overwrite_ok=True) if fresh else GitWorkspace(root)
        workspace = cls(inner, shelf)
        workspace._take_history()
        workspace._take_files()
        workspace._keep_history()
        return workspace

    @property
    def root(self) -> Path:
        """The folder, absolute."""
        return self._inner.root

    def files(self) -> dict[str, str]:
        """See `GitWorkspace.files`."""
        self._take_files()
        return self._inner.files()

    def as_bytes(self) -> dict[str, bytes]:
        """See `GitWorkspace.as_bytes`."""
        self._take_files()
        return self._inner.as_bytes()

    def put(self, files: Mapping[str, str | bytes], *, remove: Iterable[str] = ()) -> None:
        """See `GitWorkspace.put`."""
        gone = tuple(remove)
        self._inner.put(files, remove=gone)
        _shelve(self._shelf, files, gone)

    def commit(self, summary: str) -> str:
        """See `GitWorkspace.commit`; what acts elsewhere wrote is in it."""
        self._take_files()
        commit = self._inner.commit(summary)
        self._keep_history()
        return commit

    def head(self) -> str:
        """See `GitWorkspace.head`."""
        return self._inner.head()

    def branch(self, name: str) -> None:
        """See `GitWorkspace.branch`."""
        self._inner.branch(name)

    def current_branch(self) -> str:
        """See `GitWorkspace.current_branch`."""
        return self._inner.current_branch()

    def history(self) -> tuple[Commit, ...]:
        """See `GitWorkspace.history`."""
        return self._inner.history()

    def parent(self, commit: str) -> str:
        """See `GitWorkspace.parent`."""
        return self._inner.parent(commit)

    def compare(self, old: str, new: str) -> str:
        """See `GitWorkspace.compare`."""
        return self._inner.compare(old, new)

    # ----------------------------------------------------------------------- beneath

    def _take_files(self) -> None:
        for item in self._shelf.since(self._seen):
            self._seen = item.seq
            if item.kind != "file":
                continue
            path = self.root / item.name
            if not item.digest:
                self._inner.put({}, remove=[item.name])
            elif not path.is_file() or sha256(path.read_bytes()).hexdigest() != item.digest:
                self._inner.put({item.name: self._shelf.read(item.digest)})

    def _take_history(self) -> None:
        """The commits on the shelf; one of this folder that comes after the last of them stays."""
        git = Git(self.root)
        for item in self._shelf.since(0):
            if item.kind == "bundle":
                self._kept = item.name.partition("-")[2]
                if not git.succeeds("cat-file", "-e", self._kept):
                    _unbundle(git, self._shelf.read(item.digest))
        if self._kept and not git.succeeds("merge-base", "--is-ancestor", self._kept, "HEAD"):
            branch = self._inner.current_branch() or "main"
            git.run("checkout", "--quiet", "--force", "-B", branch, self._kept)

    def _keep_history(self) -> None:
        head = self._inner.head()
        if not head or head == self._kept:
            return
        git = Git(self.root)
        number = sum(item.kind == "bundle" for item in self._shelf.since(0)) + 1
        self._shelf.put("bundle", f"{number:06}-{head}", _bundle(git, self._kept))
        self._kept = head


def shelve(root: Path, shelf: Shelf) -> None:
    """Put the history of a repository on a shelf, so that others can begin there.

    Raises:
        StorageFailure: it cannot be written.
    """
    git = Git(root)
    head = git.run("rev-parse", "HEAD").strip()
    shelf.put("bundle", f"000001-{head}", _bundle(git, ""))


class DistantWorkspace:
    """The kernel's `Workspace` port without a folder: for acts on machines that do not conduct the run.

    Args:
        shelf: the run's.
        root: what is said to be its folder.
    """

    def __init__(self, shelf: Shelf, root: Path) -> None:
        self._shelf = shelf
        self._root = root

    @property
    def root(self) -> Path:
        """The folder on the conductor's machine."""
        return self._root

    def files(self) -> dict[str, str]:
        """Text files by path, up to 256 KiB each."""
        return {
            name: data.decode("utf-8", "replace")
            for name, data in self.as_bytes().items()
            if len(data) <= LARGEST and b"\0" not in data
        }

    def as_bytes(self) -> dict[str, bytes]:
        """The same files and those that are no text, up to 8 MiB each."""
        found = {item.name: item.digest for item in self._shelf.since(0) if item.kind == "file"}
        wanted = {name: digest for name, digest in sorted(found.items()) if digest and _is_source(name)}
        contents = {name: self._shelf.read(digest) for name, digest in wanted.items()}
        return {name: data for name, data in contents.items() if len(data) <= LARGEST_CONTENT}

    def put(self, files: Mapping[str, str | bytes], *, remove: Iterable[str] = ()) -> None:
        """Write and remove files.

        Raises:
            InputError: a path would leave the workspace. Nothing is written then.
            StorageFailure: the shelf cannot be written.
        """
        gone = tuple(remove)
        for name in (*files, *gone):
            safe_path(name)
        _shelve(self._shelf, files, gone)

    def commit(self, summary: str) -> str:
        """Nothing: the conductor commits."""
        return ""


def _shelve(shelf: Shelf, files: Mapping[str, str | bytes], gone: Iterable[str]) -> None:
    for name, content in files.items():
        shelf.put("file", name, content if isinstance(content, bytes) else content.encode("utf-8"))
    for name in gone:
        shelf.remove(name)


def _is_source(name: str) -> bool:
    ignored = {line.rstrip("/") for line in IGNORED} | {PRIVATE, ".git"}
    return ignored.isdisjoint(name.split("/"))


def _bundle(git: Git, after: str) -> bytes:
    """All commits up to HEAD, without those up to `after`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bundle")
        git.run("bundle", "create", "--quiet", str(file), "HEAD", *((f"^{after}",) if after else ()))
        return file.read_bytes()


def _unbundle(git: Git, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bundle")
        file.write_bytes(data)
        git.run("fetch", "--quiet", str(file), "HEAD")
