"""What a run made, for somebody who looks on while it goes on: files, differences, report, cost."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from makery.app.meter import Meter, Tally
from makery.app.parts import RunWorkspace
from makery.app.refusals import NotFound
from makery.kernel.errors import InputError
from makery.kernel.events import Entry, StepAccepted
from makery.workspace.archive import pack
from makery.workspace.reading import documents, read_file


class Tree(NamedTuple):
    """A workspace's files: sizes in bytes by path."""

    program: Mapping[str, int]
    documents: Mapping[str, int]
    """What Makery wrote about the program, below `.makery/`."""
    commits: Sequence[tuple[str, str]]
    """Id and summary, oldest first."""


class Browser:
    """Looks into one run's folder; it changes nothing there.

    Args:
        workspace: the folder.
        entries: the run's ledger.
    """

    def __init__(self, workspace: RunWorkspace, entries: Sequence[Entry]) -> None:
        self._workspace = workspace
        self._entries = entries

    @property
    def root(self) -> Path:
        """The folder.

        Raises:
            NotFound: it is gone.
        """
        if not self._workspace.root.is_dir():
            raise NotFound("The run's folder is gone.", remedy="Its events are still there.")
        return self._workspace.root

    def tree(self) -> Tree:
        """All that is there."""
        root = self.root
        program = {path: (root / path).stat().st_size for path in self._paths()}
        return Tree(program, documents(root), tuple(self._workspace.history()))

    def file(self, path: str) -> bytes:
        """One file's content.

        Raises:
            NotFound: there is none of that name, or the name leaves the folder.
            InputError: it is too large.
        """
        try:
            content = read_file(self.root, path)
        except InputError as error:
            if "larger" in error.message:
                raise
            content = None
        if content is None:
            raise NotFound(f"The run has no file {path[:200]!r}.", remedy="List them: GET …/files")
        return content

    def zip(self, out: IO[bytes]) -> None:
        """Write the program, and the report about it, into an archive."""
        root = self.root
        pack(root, [*self._paths(), *documents(root)], out)

    def diff(self, old: str = "", new: str = "") -> str:
        """The difference between two commits; by default all that the run changed.

        Raises:
            NotFound: there is no such commit.
        """
        base = old or self._before_first_step()
        if not self._workspace.history():
            return ""
        try:
            return self._workspace.compare(base, new)
        except InputError as error:
            raise NotFound(error.message, remedy="The commits are listed in GET …/files.") from None

    def cost(self) -> tuple[Tally, Mapping[tuple[str, str], Tally]]:
        """All that was used, and by role and skill."""
        meter = Meter(entry.event for entry in self._entries)
        return meter.total, meter.by_work

    def _paths(self) -> list[str]:
        root = self.root
        return sorted(path for path in self._workspace.files() if (root / path).is_file())

    def _before_first_step(self) -> str:
        steps = (entry.event.commit for entry in self._entries if isinstance(entry.event, StepAccepted))
        first = next(steps, "")
        return self._workspace.parent(first) if first else ""
