"""What the API and its client say to each other about runs: the one definition of each object on the wire."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field

from makery.client.base import Asked, Name, Text, Wire
from makery.kernel.verdict import Verdict

T = TypeVar("T")

State = Literal["running", "ended", "paused", "failed", "cancelled"]


# ---------------------------------------------------------------------------- errors


class Problem(Wire):
    """An error, as RFC 9457 has it."""

    type: str = "about:blank"
    """A URI that names the kind of problem: `urn:makery:NotFound`."""
    title: str
    status: int
    detail: str
    """What is wrong, and where."""
    remedy: str = ""
    """What to do about it."""
    instance: str = ""
    """The path that was asked for."""


class Page(Wire, Generic[T]):
    """A part of a list."""

    items: tuple[T, ...]
    next: str = ""
    """Send it as `before` for the following page; '' on the last one."""


# ------------------------------------------------------------------------------ runs


class Limited(Asked):
    """The limits of a run; what is not given is left to the server's settings."""

    max_tokens: int | None = Field(default=None, gt=0, le=2**53)
    max_usd: float | None = Field(default=None, ge=0, le=1e9)
    max_minutes: float | None = Field(default=None, gt=0, le=1e6)
    max_calls: int | None = Field(default=None, gt=0, le=2**31)
    allow_unknown_price: bool = False
    """Use a model whose price nobody knows; its calls count as 0 US dollars."""


class NewRun(Limited):
    """An order for a program."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "requirement": "A command-line to-do list that keeps its items in todo.json",
                    "mode": "duo",
                    "max_minutes": 30,
                }
            ]
        }
    )
    requirement: Text = Field(min_length=1, max_length=1 << 20)
    """What you want, in your own words, English or Chinese."""
    mode: Literal["auto", "direct", "duo", "company"] | None = None
    """One engineer; engineer and QA; all five roles; or as the requirement needs."""
    model: Name | None = None
    """A name of GET /api/v1/models."""
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    """Start of the model's random numbers."""
    project: Name | None = None
    """Id or name of the project; the key's own, or `default`."""


class ContinuedRun(Limited):
    """How a run goes on; limits that are not given stay as they were."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"max_minutes": 60}]})


class Run(Wire):
    """A run as lists show it."""

    id: str
    project: str
    created: float
    """Unix time, seconds."""
    ended: float | None = None
    state: State
    """`ended`: delivered, whatever the verdict; `paused`: can be resumed; `failed`: an error stopped it."""
    requirement: str
    """Its beginning."""
    mode: str
    model: str
    verdict: str = ""
    """The verdict's sentence."""
    exit_status: int | None = None
    """As the command line documents it: 0 verified, 3 not verified, 4 a limit, …"""


class Tokens(Wire):
    """Counts of tokens."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0


class RunDetail(Run):
    """A run as it stands."""

    message: str = ""
    """How it ended, in a sentence or two."""
    tokens: Tokens = Tokens()
    usd: float = 0.0
    calls: int = 0
    seconds: float = 0.0
    """Wall clock over all sittings."""
    how_to_run: str = ""
    files: tuple[str, ...] = ()
    branch: str = ""
    """Where a changed repository's commits are."""


class RunEvent(Wire):
    """An entry of a run's ledger."""

    seq: int
    """Grows by one from 1; the `id` of the server-sent event."""
    at: float
    """Unix time, seconds."""
    event: dict[str, Any]
    """With `type`: `run_started`, `act_started`, `message_published`, `model_called`, `run_ended`, …"""


class File(Wire):
    """A file of a run."""

    path: str
    size: int


class Commit(Wire):
    """An accepted step."""

    id: str
    summary: str


class Tree(Wire):
    """What a run made."""

    program: tuple[File, ...]
    documents: tuple[File, ...]
    """What Makery wrote about the program, below `.makery/`: report, verdict, screenshots."""
    commits: tuple[Commit, ...]


class JudgedRun(Wire):
    """A run's verdict, clause by clause."""

    sentence: str
    verdict: Verdict


class CostLine(Wire):
    """What was used by a role at a skill."""

    role: str
    skill: str
    calls: int
    tokens: Tokens
    usd: float
    seconds: float


class Cost(Wire):
    """What a run used."""

    calls: int
    tokens: Tokens
    usd: float
    seconds: float
    by_work: tuple[CostLine, ...]


# ------------------------------------------------------------------------- inventory


class SkillInfo(Wire):
    """One thing that a role can do."""

    name: str
    purpose: str
    gives: str
    """The kind of artifact that it makes."""


class SkillDetail(SkillInfo):
    """A skill with its contract."""

    takes: dict[str, Any]
    """JSON schema of its input."""
    output: dict[str, Any]
    """JSON schema of what it makes."""


class RoleInfo(Wire):
    """Who works in teams."""

    name: str
    title: str
    goal: str
    constraints: tuple[str, ...] = ()
    watches: tuple[str, ...]
    skills: tuple[str, ...]


class TeamInfo(Wire):
    """Roles that work together."""

    name: str
    roles: tuple[str, ...]


class ModelInfo(Wire):
    """A model of the catalogue."""

    name: str
    provider: str
    has_key: bool | None = None
    """Whether the server has its key; null if none is needed."""
    context: int
    """Tokens of prompt and answer together."""
    usd_per_million_in: float | None = None
    """Price of a million prompt tokens; 0 if it is free, null if it is not known."""
    usd_per_million_out: float | None = None


class PromptInfo(Wire):
    """A prompt template."""

    name: str
    version: str
    variables: tuple[str, ...]


class PromptText(PromptInfo):
    """A prompt template with its text."""

    system: str
    user: str
