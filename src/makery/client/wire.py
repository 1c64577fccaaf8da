"""What the API and its client say to each other about runs: the one definition of each object on the wire."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field

from makery.client.base import Asked, Document, Name, Text, Wire
from makery.kernel.verdict import Verdict

T = TypeVar("T")

GateName = Literal["prd", "design", "plan", "delivery"]
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
    """The place where the following page begins: send it as `after` or, where lists begin with the newest,
    as `before`; '' on the last one."""


# ------------------------------------------------------------------------------ runs


class Limited(Asked):
    """The limits of a run; what is not given is left to the server's settings."""

    max_tokens: int | None = Field(default=None, gt=0, le=2**53)
    max_usd: float | None = Field(default=None, ge=0, le=1e9)
    max_minutes: float | None = Field(default=None, gt=0, le=1e6)
    max_calls: int | None = Field(default=None, gt=0, le=2**31)
    allow_unknown_price: bool = False
    """Use a model whose price nobody knows; its calls count as 0 US dollars."""


class Attended(Limited):
    """Where a run waits for a person."""

    ask: tuple[GateName, ...] = Field(default=(), max_length=4)
    """The run waits for your answer at these gates; `prd`, `design` and `plan` exist in company mode only."""
    ask_minutes: float | None = Field(default=None, gt=0, le=1e6)
    """How long; null is as long as it takes."""
    silence: Literal["approve", "stop"] = "approve"
    """What it means when nobody answered in time."""


class NewRun(Attended):
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


class NewTeamRun(Limited):
    """An order for a team's work."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"task": "Is a hot dog a sandwich? Agree on one answer."}]}
    )
    task: Text = Field(min_length=1, max_length=1 << 20)
    """What the team is to do; for the software company, the requirement."""
    model: Name | None = None
    """A name of GET /api/v1/models; else the team's own, or the server's."""
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    """Start of the model's random numbers."""
    project: Name | None = None
    """Id or name of the project; the key's own, or `default`."""
    persons: tuple[Name, ...] = Field(default=(), max_length=50)
    """Roles that persons play: the run waits for them, see POST …/say."""
    attended: bool = False
    """Whether persons in the team's own seats, such as an interpreter's user, are waited for, too."""
    unasked: bool = False
    """An interpreter, or an agent, takes its steps without showing each to a person first."""


class ForkedRun(Limited):
    """How a run goes another way; limits that are not given stay as they were."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "write_code", "seed": 7}]})
    at: Name
    """The first step that is done anew: its number, or its skill for the first such step."""
    artifact: Document | None = None
    """Stands in for the result of that step: its fields, or `kind` and `data` as the step shows them."""
    model: Name | None = None
    """A name of GET /api/v1/models; null for the same one."""
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    """Start of the model's random numbers; null for the same one."""


class Answer(Asked):
    """What you decide at a gate."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"decision": "approve"}, {"decision": "reject", "note": "Too large."}]
        }
    )
    decision: Literal["approve", "edit", "reject"]
    gate: GateName | None = None
    """Which question, where there are several."""
    note: Text = Field(default="", max_length=10_000)
    """Why, in your own words."""
    document: Document | None = None
    """With `edit`: the fields of the document that are to be others."""


class Speech(Asked):
    """What a person says in a seat."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "I would cut the last verse."}]})
    text: Text = Field(max_length=1 << 20)
    """One of the choices, where there are some; '' leaves the turn to the model, `exit` ends a conversation.

    Code that an interpreter shows: `yes`, `all` (and what follows), `no`, or other code in a fence.
    A tool that needs consent: `yes` or `no`."""
    role: Name | None = None
    """Whose seat, where several are open."""
    act: str | None = Field(default=None, max_length=120)
    """The `act` of the turn that this is for: if that is over, it is refused, not taken for the next one."""


class Run(Wire):
    """A run as lists show it."""

    id: str
    project: str
    created: float
    """Unix time, seconds."""
    ended: float | None = None
    state: State
    """`ended`: delivered, whatever the verdict; `paused`: can be resumed; `failed`: an error stopped it;
    `cancelled`: given up."""
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
    kind: Literal["build", "change", "skill", "team"] = "build"
    result: dict[str, Any] | None = None
    """What a team came to, or a skill made that ran alone: an artifact's `kind` and `data`."""


class Question(Wire):
    """A gate at which a run waits for a person."""

    gate: GateName
    since: float
    """Unix time, seconds."""
    document: dict[str, Any]
    """What is to be decided on: an artifact's `kind` and `data`."""


class Turn(Wire):
    """A seat in which a run waits for a person."""

    act: str
    """Which turn it is, for `Speech.act`."""
    role: str
    text: str
    """What the person is asked."""
    choices: tuple[str, ...] = ()
    draft: str = ""
    """Code that the person may edit."""
    consent: bool = False
    """The role wants to use a tool: say `yes` or `no`."""
    hidden: bool = False
    """What is asked is for that role alone: send its name as `role` to read it."""
    since: float
    """Unix time, seconds."""


class Step(Wire):
    """A finished step of a run."""

    number: int
    """From 1, in the order in which steps ended."""
    seq: int
    """Of its entry in the ledger."""
    at: float
    """Unix time, seconds."""
    role: str
    skill: str
    about: str
    gives: str
    """The kind of artifact that it made."""


class StepDetail(Step):
    """A finished step with what it made."""

    artifact: dict[str, Any]
    """`kind` and `data`."""


class Label(Wire):
    """What a person decided about an artifact at a gate: an example of what is wanted, or not."""

    run: str
    step: int
    """The step that made what was decided on."""
    skill: str
    """What made it."""
    gate: GateName
    decision: Literal["approve", "edit", "reject"]
    reason: str
    """The person's own words."""
    who: str
    when: float
    """Unix time, seconds."""
    requirement: str
    before: dict[str, Any]
    """The artifact as it was made: `kind` and `data`."""
    after: dict[str, Any] | None
    """As the person wants it: the same if approved, null if rejected. An edit prefers it to `before`."""


class Fact(Wire):
    """One property of two runs."""

    name: str
    a: str
    b: str


class Difference(Wire):
    """A step of one of two runs, or of both with different results."""

    about: str
    role: str
    skill: str
    where: Literal["a", "b", "both"]


class Compared(Wire):
    """Two runs side by side."""

    a: str
    b: str
    facts: tuple[Fact, ...]
    same_steps: int
    """Steps that came to the same result in both."""
    steps: tuple[Difference, ...]
    program: str
    """The programs' differences as a unified diff."""


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
