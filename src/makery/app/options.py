"""What a user orders: one frozen value for each use case, the same from CLI, API and GUI."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from makery.app.settings import Mode
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.budget import Limits


class RunOptions(Frozen):
    """What every kind of run can be told; None leaves it to the settings."""

    requirement: str
    """What the user wants, verbatim."""
    model: str | None = None
    """A name of `makery models list`."""
    max_tokens: int | None = Field(default=None, gt=0)
    max_usd: float | None = Field(default=None, ge=0)
    max_minutes: float | None = Field(default=None, gt=0)
    max_calls: int | None = Field(default=None, gt=0)
    seed: int | None = None
    record: Path | None = None
    """Write every model call with its answer to this file."""
    replay: Path | None = None
    """Take every answer from this file; a call that it does not hold is an error."""
    yes: bool = False
    """Ask nothing: take the assumption that is recorded in the delivery."""
    unsafe_local: bool = False
    """Run generated programs without a sandbox where there is none."""

    def limits(self, below: Limits) -> Limits:
        """The limits of the run: these, and the settings' where these say nothing."""
        seconds = None if self.max_minutes is None else self.max_minutes * 60
        own = {"tokens": self.max_tokens, "usd": self.max_usd, "seconds": seconds, "calls": self.max_calls}
        return below.model_copy(update={key: value for key, value in own.items() if value is not None})


class BuildOptions(RunOptions):
    """An order for a new program."""

    kind: Literal["build"] = "build"
    out: Path | None = None
    """Folder for the program; None for a new one named after it in the current folder."""
    mode: Mode | None = None


class ChangeOptions(RunOptions):
    """An order to change an existing repository."""

    kind: Literal["change"] = "change"
    repo: Path
    """The repository's top folder."""
    mode: Mode | None = None


class SkillOptions(RunOptions):
    """An order to run one skill alone."""

    kind: Literal["skill"] = "skill"
    skill: str
    inputs: tuple[tuple[str, str], ...] = ()
    """Further artifacts, each as its kind and its JSON text."""
    out: Path | None = None

    def artifacts(self) -> tuple[Artifact, ...]:
        """The further artifacts.

        Raises:
            InputError: one is of an unknown kind, or does not fit its kind.
        """
        from makery.app.artifacts import read_artifact

        return tuple(read_artifact(kind, text) for kind, text in self.inputs)
