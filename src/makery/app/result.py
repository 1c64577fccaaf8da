"""What comes out of a run."""

from pathlib import Path

from pydantic import ConfigDict

from makery.app.meter import Tally
from makery.app.options import RunKind
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.dialogue import Ending
from makery.kernel.errors import InputError, LimitReached, MakeryError, PriceUnknown, Rejected
from makery.kernel.verdict import Verdict

VERIFIED, NOT_VERIFIED = 0, 3


class RunResult(Frozen):
    """A run as it stands: delivered, paused, failed, or still under way."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    run_id: str
    kind: RunKind
    requirement: str
    mode: str
    model: str
    workspace: Path
    """The folder with what was made."""
    state: str
    """`running`, `ended`, `paused` or `failed`."""
    exit_status: int
    """As the command line documents it; 0 while it runs."""
    message: str = ""
    """How it ended, in a sentence or two."""
    continue_with: str = ""
    """The command that continues it; '' if there is nothing to continue."""
    error: MakeryError | None = None
    """What stopped it in this process."""
    verdict: Verdict | None = None
    """None if the run did not get that far."""
    artifact: Artifact | None = None
    """What a skill made that ran alone, or how a team's conversation ended."""
    how_to_run: str = ""
    used: Tally = Tally()
    seconds: float = 0.0
    """Wall clock over all sittings."""
    files: tuple[str, ...] = ()
    """The program's files as they stand in the workspace."""
    branch: str = ""
    """Where a changed repository's commits are."""

    @property
    def answer(self) -> str:
        """What a team came to; '' for other runs."""
        return self.artifact.text if isinstance(self.artifact, Ending) else ""

    def raise_for_error(self) -> "RunResult":
        """The result itself, if nothing stopped the run.

        Raises:
            MakeryError: what stopped it.
        """
        if self.error is not None:
            raise self.error
        return self


def exit_status_of(
    kind: RunKind, verdict: Verdict | None, error: MakeryError | None, ending: Ending | None = None
) -> int:
    """The exit status that the command line documents for an ending."""
    if error is not None:
        return error.exit_status
    if kind == "team":
        return VERIFIED if ending is not None and ending.outcome == "done" else NOT_VERIFIED
    verified = kind == "skill" or (verdict is not None and verdict.status == "verified")
    return VERIFIED if verified else NOT_VERIFIED


def continuation(run: str, error: MakeryError | None, *, replayed: bool = False) -> str:
    """The command that continues a stopped run; '' if nothing stopped it, or its recording does not fit."""
    if error is None or (replayed and isinstance(error, InputError)):
        return ""
    if isinstance(error, Rejected):
        return f"makery runs fork {run} --at STEP"
    if isinstance(error, PriceUnknown):
        return f"makery runs resume {run} --allow-unknown-price"
    option = f" {error.limit} MORE" if isinstance(error, LimitReached) and error.limit else ""
    return f"makery runs resume {run}{option}"
