"""What the API and its client say to each other: the one definition of every object on the wire."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from makery.kernel.verdict import Verdict

T = TypeVar("T")

State = Literal["running", "ended", "paused", "failed"]
ScopeName = Literal["runs:read", "runs:write", "relay", "admin", "operator"]


def _clean(text: str) -> str:
    """Refuses what no database or log should have to hold."""
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in text):
        raise ValueError("must not have control characters")
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _encodable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not have null characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    return text


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_clean)]
Text = Annotated[str, AfterValidator(_encodable)]


class Wire(BaseModel):
    """Base of all: what a newer server adds is ignored by an older client."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Asked(BaseModel):
    """Base of what is sent to the server: an unknown field is a slip, and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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
    key: str
    """Whether its key is there: `found`, `missing`, `not needed`."""
    context: int
    price: str


class PromptInfo(Wire):
    """A prompt template."""

    name: str
    version: str
    variables: tuple[str, ...]


class PromptText(PromptInfo):
    """A prompt template with its text."""

    system: str
    user: str


# ---------------------------------------------------------------------------- access


class QuotaInfo(Asked):
    """What an organisation may use; null is no limit."""

    concurrent_runs: int | None = Field(default=None, ge=0, le=2**31)
    runs_per_day: int | None = Field(default=None, ge=0, le=2**31)
    tokens_per_month: int | None = Field(default=None, ge=0, le=2**53)
    usd_per_month: float | None = Field(default=None, ge=0, le=1e9)


class KeyQuotaInfo(Asked):
    """What a relay key may use in all; null is no limit."""

    tokens: int | None = Field(default=None, ge=0, le=2**53)
    usd: float | None = Field(default=None, ge=0, le=1e9)
    requests_per_minute: int | None = Field(default=None, ge=1, le=2**31)


class NewOrganisation(Asked):
    """An organisation to be."""

    name: Name
    quota: QuotaInfo = QuotaInfo()


class OrganisationInfo(Wire):
    """A tenant of the server."""

    id: str
    name: str
    created: float
    quota: QuotaInfo = QuotaInfo()


class Named(Asked):
    """A project or user to be."""

    name: Name


class ProjectInfo(Wire):
    """A part of an organisation."""

    id: str
    name: str
    created: float


class UserInfo(Wire):
    """A person of an organisation."""

    id: str
    name: str
    created: float
    disabled: float | None = None


class NewKey(Asked):
    """A key to be."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "CI", "scopes": ["runs:write"], "days": 90}]}
    )
    name: Name
    scopes: tuple[ScopeName, ...] = Field(min_length=1, max_length=5)
    days: float | None = Field(default=None, gt=0, le=36_500)
    """How long it is good; null is for ever."""
    organisation: Name | None = None
    """Another organisation's id: for the server's operator."""
    project: Name | None = None
    """Id of the only project that it opens."""
    user: Name | None = None
    """Id of the user whose it is."""
    models: tuple[Name, ...] = Field(default=(), max_length=200)
    """Models that it may use on the relay; empty for all."""
    quota: KeyQuotaInfo = KeyQuotaInfo()


class KeyInfo(Wire):
    """A key, without its secret."""

    id: str
    name: str
    organisation: str
    project: str = ""
    user: str = ""
    scopes: tuple[str, ...]
    models: tuple[str, ...] = ()
    quota: KeyQuotaInfo = KeyQuotaInfo()
    created: float
    expires: float | None = None
    revoked: float | None = None


class IssuedKey(KeyInfo):
    """A new key; its text is never shown again."""

    key: str


class WhoAmI(Wire):
    """What the key that was sent opens."""

    organisation: str
    project: str = ""
    user: str = ""
    key: str = ""
    scopes: tuple[str, ...]


class NewWebhook(Asked):
    """An address to be told of events."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://ci.example.com/makery", "events": ["run_ended"]}]}
    )
    url: Text = Field(min_length=1, max_length=2000)
    events: tuple[Name, ...] = Field(default=("run_started", "run_ended"), max_length=40)
    """Types of events; empty for all."""
    project: Name | None = None
    """Only runs of this project."""


class WebhookInfo(Wire):
    """An address that is told of events."""

    id: str
    url: str
    project: str = ""
    events: tuple[str, ...]
    created: float


class IssuedWebhook(WebhookInfo):
    """A new webhook; its secret is never shown again."""

    secret: str
    """Key of the HMAC-SHA256 signature of every message; see `makery.client.verify_signature`."""


class UsageRow(Wire):
    """What a relay key used of a model on a day."""

    day: str
    key: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    usd: float


class AccountInfo(Wire):
    """How an account of the relay has done."""

    name: str
    calls: int
    failures: int
    cooling_seconds: float
    """How long it is still left alone; 0 if it is in use."""
    last_problem: str


class Health(Wire):
    """How the server is."""

    status: Literal["ok", "not ready"]
    version: str = ""
    problems: tuple[str, ...] = ()
    """What is missing, with what mends it."""
