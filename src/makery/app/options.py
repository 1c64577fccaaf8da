"""What a user orders: one frozen value for each use case, the same from CLI, API and GUI."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from makery.app.settings import Mode
from makery.app.unfit import first_unfit
from makery.kernel.artifact import Frozen
from makery.kernel.budget import Limits
from makery.kernel.errors import InputError
from makery.kernel.gates import Gate, Gates, Silence


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
    """Ask nothing: take the assumption that is recorded in the delivery, and build over an earlier one."""
    allow_unknown_price: bool = False
    """Use a model whose price nobody knows; its calls count as 0 US dollars."""
    unsafe_local: bool = False
    """Run generated programs without a sandbox where there is none."""
    detach: bool = False
    """Have workers do it: `makery worker`, on any machine with the same database."""
    ask: tuple[Gate, ...] = ()
    """Where the run waits for a person; `prd`, `design` and `plan` exist in company mode only."""
    ask_minutes: float | None = Field(default=None, gt=0)
    """How long an answer is waited for; None is as long as it takes."""
    silence: Silence = "approve"
    """What it means when nobody answered in time."""

    @property
    def gates(self) -> Gates | None:
        """The gates as the run's team sees them; None if the user wants none."""
        seconds = None if self.ask_minutes is None else self.ask_minutes * 60
        return Gates(asked=self.ask, seconds=seconds, silence=self.silence) if self.ask else None

    def limits(self, below: Limits) -> Limits:
        """The limits of the run: these, and the settings' where these say nothing."""
        return _limits(self, below)


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
    inputs: tuple[str, ...] = ()
    """Further artifacts as JSON texts, see `makery.app.artifacts`."""
    out: Path | None = None


class TeamOptions(RunOptions):
    """An order to have a team work on a task that is no program."""

    kind: Literal["team"] = "team"
    team: str = ""
    """What the team's file says, as JSON; '' for a team that a program hands over as an object."""
    name: str
    folder: Path | None = None
    """Where the team's file is: paths in it start there."""
    inputs: tuple[str, ...] = ()
    """Earlier turns as JSON texts, see `makery.app.artifacts`: the conversation goes on from them."""
    files: tuple[Path, ...] = ()
    """Copied into the team's folder before it begins."""
    persons: tuple[str, ...] = ()
    """Roles that persons play."""
    attended: bool = False
    """Persons are asked over the ledger: they answer on the page, over the API or with `makery runs answer`,
    whichever process works on the run, and also after a restart."""
    out: Path | None = None


class ResumeOptions(Frozen):
    """An order to continue a run; limits that are not given stay as they were."""

    run: str
    """The run's id, or a part of it that no other has."""
    max_tokens: int | None = Field(default=None, gt=0)
    max_usd: float | None = Field(default=None, ge=0)
    max_minutes: float | None = Field(default=None, gt=0)
    max_calls: int | None = Field(default=None, gt=0)
    yes: bool = False
    allow_unknown_price: bool = False

    def limits(self, below: Limits) -> Limits:
        """The limits with which the run goes on."""
        return _limits(self, below)


class ForkOptions(Frozen):
    """An order to go another way from a step of a run; what is None stays as it was."""

    run: str
    at: str
    """The first step that is done anew: its number, or the name of its skill for the first such step."""
    model: str | None = None
    edit: str | None = None
    """JSON text of the artifact that stands in for the result of that step."""
    seed: int | None = None
    out: Path | None = None
    max_tokens: int | None = Field(default=None, gt=0)
    max_usd: float | None = Field(default=None, ge=0)
    max_minutes: float | None = Field(default=None, gt=0)
    max_calls: int | None = Field(default=None, gt=0)
    yes: bool = False
    allow_unknown_price: bool = False


RunKind = Literal["build", "change", "skill", "team"]

AnyOrder = BuildOptions | ChangeOptions | SkillOptions | TeamOptions

AnyOptions = Annotated[AnyOrder, Field(discriminator="kind")]


Options = TypeVar("Options", bound=Frozen)


def ordered(kind: type[Options], **fields: Any) -> Options:
    """The order with those fields.

    Raises:
        InputError: a field is not known, or its value is not usable.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        place, words = first_unfit(error)
        raise InputError(f"{'.'.join(place)!r} {words}.") from None


def as_options(limits: Limits) -> dict[str, float | None]:
    """Limits as the fields of an order: those with which a run went on last, not those it began with."""
    minutes = None if limits.seconds is None else limits.seconds / 60
    return {
        "max_tokens": limits.tokens,
        "max_usd": limits.usd,
        "max_minutes": minutes,
        "max_calls": limits.calls,
    }


def _limits(options: RunOptions | ResumeOptions, below: Limits) -> Limits:
    seconds = None if options.max_minutes is None else options.max_minutes * 60
    own = {
        "tokens": options.max_tokens,
        "usd": options.max_usd,
        "seconds": seconds,
        "calls": options.max_calls,
    }
    return below.model_copy(update={key: value for key, value in own.items() if value is not None})
