"""What the API and its client say to each other about access, the relay's use, and the server itself."""

from typing import Literal

from pydantic import ConfigDict, Field

from makery.client.base import Asked, Name, Text, Wire

ScopeName = Literal["runs:read", "runs:write", "relay", "admin", "operator"]


class QuotaInfo(Asked):
    """What an organisation may use; null is no limit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"concurrent_runs": 2, "usd_per_month": 50}]})
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

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "acme", "quota": {"concurrent_runs": 2}}]}
    )
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

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "website"}]})
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
