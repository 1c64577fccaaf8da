"""The pool as files: what the workspace shows follows from what was published, and from nothing else."""

from makery.app.documents import files_of
from makery.app.parts import Company
from makery.app.words import Words
from makery.kernel.documents import SourceCode, TestReport
from makery.kernel.events import StepAccepted
from makery.kernel.message import EVERYONE, Message
from makery.kernel.pool import Pool
from makery.kernel.ports import EventSink, Workspace


class ProjectedPool(Pool):
    """A pool that shows each new message in the workspace as soon as it is published."""

    def __init__(self, projection: "Projection", messages: tuple[Message, ...] = ()) -> None:
        self._projection: Projection | None = None
        super().__init__(messages)
        self._projection = projection
        for message in messages[:-1]:
            projection.write_documents(message)
        if messages:
            projection.show(self, messages[-1])

    def publish(self, message: Message) -> bool:
        """Add a message and show it; False if it was there already.

        Raises:
            ContractViolation: as `Pool.publish`.
            InputError: the program has a file name that would leave the workspace.
            StorageFailure: the workspace cannot be written.
        """
        new = super().publish(message)
        if new and self._projection is not None:
            self._projection.show(self, message)
        return new


class Projection:
    """Writes documents into `.makery/`, and the best program so far to the top level, one commit each."""

    def __init__(self, workspace: Workspace, company: Company, words: Words, emit: EventSink) -> None:
        self._workspace = workspace
        self._company = company
        self._words = words
        self._emit = emit
        self.shown: SourceCode | None = None
        """The program that the workspace holds."""

    def show(self, pool: Pool, message: Message) -> None:
        """Write what a message changes.

        Raises:
            InputError: a file name would leave the workspace.
            StorageFailure: full disk or read-only folder.
        """
        self.write_documents(message)
        program = self._company.best_program(pool)
        if program is not None and program != self.shown:
            self._accept(program, _summary(program, pool))

    def write_documents(self, message: Message) -> None:
        """Write what a message shows below `.makery/`.

        Raises:
            StorageFailure: full disk or read-only folder.
        """
        # What was told in confidence is in no file that everybody can open.
        documents = files_of(message.artifact, self._words) if message.is_for(EVERYONE) else {}
        if documents:
            self._workspace.put(documents)

    def _accept(self, program: SourceCode, summary: str) -> None:
        before = self.shown.as_mapping() if self.shown else {}
        files = program.as_mapping()
        self._workspace.put(files, remove=[path for path in before if path not in files])
        self.shown = program
        commit = self._workspace.commit(summary)
        if commit:
            self._emit(StepAccepted(commit=commit, summary=summary))


def _summary(program: SourceCode, pool: Pool) -> str:
    """`Program 0.2: 7 of 9 checks pass`, or that it was not run yet."""
    for report in reversed(pool.artifacts(TestReport)):
        if (report.candidate, report.revision) == (program.candidate, program.revision):
            return f"Program {program.name}: {len(report.passed)} of {len(report.results)} checks pass"
    return f"Program {program.name}: first draft, not run yet"
