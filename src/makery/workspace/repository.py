"""The workspace of a run: a folder that is a git repository, one commit for each accepted step."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from makery.kernel.errors import InputError, StorageFailure
from makery.workspace.files import IGNORED, read_contents, read_texts, storage_failure, write_files
from makery.workspace.git import Git
from makery.workspace.paths import PRIVATE

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id that git gives a tree without files: the same in every repository (`git hash-object -t tree`)."""
RUN_FILE = f"{PRIVATE}/run.json"
"""Marks a folder as the output of an earlier run of ours."""

_SHOWN = 80
"""Characters of an earlier run's requirement in a message."""


class Commit(NamedTuple):
    """One accepted step."""

    id: str
    summary: str


class GitWorkspace:
    """The kernel's `Workspace` port on disk.

    The constructor takes a folder that is a repository already (a run that goes on); `create` makes
    one for a new program, `open` takes an existing repository for a change. Makery's own folder,
    `.makery/`, and caches are never committed.

    Args:
        root: the repository's top folder.
        date: the date of all commits, as git reads it; empty for now.
    """

    def __init__(self, root: Path, *, date: str = "") -> None:
        self._root = root.absolute()
        self._git = Git(self._root, date=date)

    @property
    def root(self) -> Path:
        """The folder, absolute."""
        return self._root

    @classmethod
    def create(
        cls, root: Path, *, build_over: bool = False, overwrite_ok: bool = False, date: str = ""
    ) -> "GitWorkspace":
        """A workspace for a new program, empty unless `overwrite_ok` took a folder with files.

        With `build_over` an earlier run's folder is taken again: its last state is committed, then cleared,
        so that its history keeps everything. With `overwrite_ok` files found are committed "As found" and
        stay.

        Raises:
            InputError: the folder holds somebody's files, or what an earlier run made; names that run.
            StorageFailure: it cannot be made or written.
            EnvironmentFailure: git is not installed.
        """
        ours = (root / RUN_FILE).is_file()
        if ours and not build_over:
            raise _holds_a_run(root)
        if not (overwrite_ok or ours or _is_free(root)):
            raise InputError(
                f"The folder {str(root)!r} is not empty.",
                remedy="Choose another one, or change what is there: makery change --repo",
            )
        _make(root)
        workspace = cls(root, date=date)
        if not (root / ".git" / "HEAD").exists():
            workspace._git.run("init", "--quiet")
        workspace._exclude(IGNORED)
        workspace.commit("As found")
        if ours:
            workspace._clear()
        return workspace

    @classmethod
    def open(cls, repo: Path, *, date: str = "") -> "GitWorkspace":
        """A workspace on existing files. A folder without git becomes a repository, committed "As found".

        Raises:
            InputError: no such folder, nothing in it, changes that are not committed, or a part of
                another repository.
            StorageFailure: it cannot be written.
            EnvironmentFailure: git is not installed.
        """
        if not repo.is_dir():
            raise InputError(f"There is no folder {str(repo)!r}.", remedy="Name a repository with --repo.")
        workspace = cls(repo, date=date)
        if not (repo / ".git").exists():
            workspace._refuse_part_of_another()
            workspace._git.run("init", "--quiet")
            workspace._exclude(IGNORED)
        else:
            workspace._exclude((f"{PRIVATE}/",))
        if not workspace.head() and not workspace.commit("As found"):
            raise InputError(
                f"The folder {str(repo)!r} has no files to change.",
                remedy="Make a new program instead: makery build",
            )
        workspace._refuse_uncommitted()
        return workspace

    def files(self) -> dict[str, str]:
        """Text files by path: tracked ones and new ones that git does not ignore, up to 256 KiB each.

        Raises:
            StorageFailure: a file cannot be read.
        """
        return read_texts(self._root, self._listed()).texts

    def as_bytes(self) -> dict[str, bytes]:
        """The same files and those that are no text, up to 8 MiB each.

        Raises:
            StorageFailure: a file cannot be read.
        """
        return read_contents(self._root, self._listed())

    def skipped(self) -> dict[str, str]:
        """Why each file that `files` leaves out is left out, by path; caches are not mentioned."""
        return read_texts(self._root, self._listed()).skipped

    def put(self, files: Mapping[str, str | bytes], *, remove: Iterable[str] = ()) -> None:
        """Write and remove files below the root, each in one step.

        Raises:
            InputError: a path would leave the root, or is not a usable file name on every common
                system. Nothing is written then.
            StorageFailure: full disk or read-only folder.
        """
        write_files(self._root, files, remove)

    def commit(self, summary: str) -> str:
        """Commit everything and give the commit's id; '' if nothing changed.

        Raises:
            StorageFailure: git failed.
        """
        self._git.run("add", "--all", "--", ".")
        born = bool(self.head())
        unchanged = ("diff", "--cached", "--quiet") if born else ("ls-files", "--error-unmatch", ":/")
        if self._git.succeeds(*unchanged) == born:
            return ""
        self._git.run("commit", "--quiet", "--no-verify", "--message", summary or "Step")
        return self.head()

    def head(self) -> str:
        """The id of the last commit; '' before the first."""
        if not self._git.succeeds("rev-parse", "--verify", "--quiet", "HEAD"):
            return ""
        return self._git.run("rev-parse", "HEAD").strip()

    def history(self) -> tuple[Commit, ...]:
        """The commits of the current branch, oldest first."""
        if not self.head():
            return ()
        lines = self._git.run("log", "--reverse", "--format=%H %s").splitlines()
        return tuple(
            Commit(commit, summary) for commit, _, summary in (line.partition(" ") for line in lines)
        )

    def branch(self, name: str) -> None:
        """Make the branch from the current commit, or go back to it if it exists.

        Raises:
            InputError: git does not allow that name.
            StorageFailure: git failed.
        """
        if name.startswith("-") or not self._git.succeeds("check-ref-format", "--branch", name):
            raise InputError(f"A branch cannot be called {name!r}.")
        exists = self._git.succeeds("rev-parse", "--verify", "--quiet", f"refs/heads/{name}")
        self._git.run("checkout", "--quiet", *(() if exists else ("-b",)), name)

    def current_branch(self) -> str:
        """The branch's name; '' when HEAD is detached."""
        return self._git.run("branch", "--show-current").strip()

    def diff(self, base: str) -> str:
        """The unified diff from a commit or branch to the files as they are now, new ones included.

        Raises:
            InputError: nothing is called `base`.
        """
        if not self._git.succeeds(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}"
        ):
            raise InputError(f"The repository {str(self._root)!r} has no commit or branch {base!r}.")
        self._git.run("add", "--all", "--intent-to-add", "--", ".")
        return self._git.run("diff", "--no-ext-diff", "--no-textconv", "--no-color", base, "--")

    def compare(self, old: str, new: str) -> str:
        """The unified diff between two commits; nothing is touched, so that a run may go on meanwhile.

        `old` may be '' for the empty tree; `new` may be '' for the last commit.

        Raises:
            InputError: one of them is no commit's id here.
        """
        ends = [self._commit_of(old) if old else EMPTY_TREE, self._commit_of(new or "HEAD")]
        return self._git.run("diff", "--no-ext-diff", "--no-textconv", "--no-color", *ends, "--")

    def parent(self, commit: str) -> str:
        """The commit before that one; '' if it is the first, or unknown."""
        named = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^")
        return self._git.run(*named).strip() if self._git.succeeds(*named) else ""

    def _commit_of(self, name: str) -> str:
        named = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if not self._git.succeeds(*named):
            raise InputError(f"The repository {str(self._root)!r} has no commit {name!r}.")
        return self._git.run(*named).strip()

    def _listed(self) -> list[str]:
        listing = self._git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return [path for path in set(listing.split("\0")) if path and (self._root / path).exists()]

    def _exclude(self, lines: Iterable[str]) -> None:
        file = self._root / self._git.run("rev-parse", "--git-path", "info/exclude").strip()
        try:
            known = file.read_text(encoding="utf-8", errors="surrogateescape") if file.is_file() else ""
            missing = [line for line in lines if line not in known.splitlines()]
            if missing:
                file.parent.mkdir(parents=True, exist_ok=True)
                text = "\n".join([known.rstrip("\n"), *missing, ""]).lstrip("\n")
                file.write_text(text, encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise storage_failure(error, file) from error

    def _clear(self) -> None:
        if self._git.run("ls-files", "-z"):
            self._git.run("rm", "-r", "--quiet", "--force", "--", ".")

    def _refuse_uncommitted(self) -> None:
        listing = self._git.run("status", "--porcelain", "-z", "--untracked-files=all")
        changed = [line[3:] for line in listing.split("\0") if line[2:3] == " "]
        if changed:
            more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
            raise InputError(
                f"The repository {str(self._root)!r} has changes that are not committed: "
                f"{', '.join(changed[:5])}{more}.",
                remedy="Commit or stash them first, so that ours can be told apart.",
            )

    def _refuse_part_of_another(self) -> None:
        git = self._git
        if git.succeeds("rev-parse", "--is-inside-work-tree") and git.run("ls-files", "-z", "--", "."):
            top = git.run("rev-parse", "--show-toplevel").strip()
            raise InputError(
                f"The folder {str(self._root)!r} is a part of the repository {top!r}.",
                remedy=f"Name the whole repository: --repo {top}",
            )


def _is_free(root: Path) -> bool:
    """Whether nothing is there but, perhaps, a repository without a commit, as also a run leaves that was
    killed before it was recorded.
    """
    if not root.exists():
        return True
    if not root.is_dir():
        raise InputError(f"{str(root)!r} is a file, not a folder.", remedy="Choose another one with -o.")
    try:
        names = {path.name for path in root.iterdir()}
    except OSError as error:
        raise StorageFailure(f"Cannot look into {str(root)!r}: {error.strerror}.") from error
    return not names or (names <= {".git", PRIVATE} and not GitWorkspace(root).head())


def _holds_a_run(root: Path) -> InputError:
    """What to do about a folder that holds what an earlier run made."""
    facts = _run_facts(root / RUN_FILE)
    run, requirement = str(facts.get("run_id") or ""), " ".join(str(facts.get("requirement") or "").split())
    asked = f": {requirement[:_SHOWN]}{'…' if len(requirement) > _SHOWN else ''}" if requirement else ""
    going_on = run and facts.get("state") != "ended"
    resume = f"Continue that run: makery runs resume {run}. " if going_on else ""
    return InputError(
        f"The folder {str(root)!r} holds what {f'run {run}' if run else 'an earlier run'} made{asked}",
        remedy=f"{resume}Choose another folder with -o, change what is there with "
        f"`makery change --repo {root}`, or build over it with --yes: "
        "the folder's git history keeps what is there now.",
    )


def _run_facts(file: Path) -> dict[str, object]:
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _make(root: Path) -> None:
    try:
        (root / PRIVATE).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_failure(error, root) from error
