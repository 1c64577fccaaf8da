"""The one settings object: frozen, built at the edge, passed down.

Every field has a docstring; `makery init` writes a settings file out of these docstrings, and a test
says that none is missing.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from makery.kernel.budget import Limits

Mode = Literal["auto", "direct", "duo", "company"]
EngineName = Literal["dbos", "inline"]
SANDBOXES = ("auto", "bubblewrap", "docker", "unsafe-local")
"""Beside those that installed packages offer."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class EmbeddedSettings(_Section):
    """The model that runs on this machine, in a process of its own that all runs share."""

    weights: str = ""
    """Path of a GGUF file of your own; empty for the pinned one that `makery models pull` fetches."""
    context: int = Field(default=8192, ge=512)
    """Tokens that one conversation may take, prompt and answer together."""
    slots: int = Field(default=4, ge=1, le=64)
    """Answers written at the same time; more slots take more memory."""
    threads: int = Field(default=0, ge=0)
    """Processor threads; 0 takes as many as are free."""
    idle_minutes: float = Field(default=10.0, gt=0)
    """The process ends when nobody asked it anything for so long."""


class ProviderSettings(_Section):
    """An endpoint: a known one with your key or relay, or one of your own."""

    base_url: str = ""
    """Address of the endpoint, up to and with `/v1`; empty for the provider's official one."""
    api_key: SecretStr = SecretStr("")
    """The key. Better kept in the environment or the system's keyring; never printed."""
    usd_per_million_in: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens in US dollars, where the catalogue knows none."""
    usd_per_million_out: float | None = Field(default=None, ge=0)
    """Price of a million completion tokens in US dollars, where the catalogue knows none."""
    context: int | None = Field(default=None, ge=512)
    """Context window in tokens, where the catalogue knows none."""


class PatienceSettings(_Section):
    """How long a model is waited for, and how often it is asked again when its endpoint fails."""

    attempts: int = Field(default=5, ge=1)
    """Most requests for one call when the endpoint fails."""
    first_wait: float = Field(default=1.0, ge=0)
    """Seconds before the second request; doubled each time."""
    first_token_seconds: float | None = Field(default=None, gt=0)
    """Most until the first token. Not set: 900 for models on your own machines, which read a long prompt
    slowly, 120 for hosted ones; a hosted model that thinks for long before it answers may want more."""
    idle_seconds: float | None = Field(default=None, gt=0)
    """Most between two tokens. Not set: 180 for models on your own machines, 120 for hosted ones."""
    answer_seconds: float = Field(default=1800.0, gt=0)
    """Most for a whole answer."""


class SearchSettings(_Section):
    """The web search behind the skill `search_and_summarize`."""

    engine: Literal["auto", "searxng", "tavily", "serper", "serpapi", "bing", "duckduckgo"] = "auto"
    """`auto` takes the first that is set up below; `duckduckgo` needs no key but has to be named."""
    searxng_url: str = ""
    """Base address of a SearXNG instance that offers JSON."""
    tavily_key: SecretStr = SecretStr("")
    """Key for Tavily; never printed."""
    serper_key: SecretStr = SecretStr("")
    """Key for Serper; never printed."""
    serpapi_key: SecretStr = SecretStr("")
    """Key for SerpApi; never printed."""
    bing_key: SecretStr = SecretStr("")
    """Key for a service that speaks Bing's web search format; never printed."""
    bing_url: str = ""
    """Its base address, before `/v7.0/search`; Microsoft's own service ended in August 2025."""


class SpeechSettings(_Section):
    """Text to speech behind the skill `azure_tts`."""

    engine: Literal["auto", "azure", "espeak"] = "auto"
    """`auto` takes Azure if it has a key, else espeak-ng if it is installed."""
    azure_key: SecretStr = SecretStr("")
    """Key for Azure Speech; never printed."""
    azure_region: str = ""
    """Azure region, such as `westeurope`."""
    espeak_binary: str = "espeak-ng"
    """Name or path of the espeak-ng program."""


class ServerSettings(_Section):
    """`makery serve`: who may reach it, and how much of it."""

    token: SecretStr = SecretStr("")
    """Opens everything as the machine's operator; empty for a new one at each start, which is printed."""
    body_mib: int = Field(default=32, ge=1)
    """Largest request, archives included."""
    requests_per_minute: int = Field(default=600, ge=1)
    """Most requests of one key."""
    streams: int = Field(default=32, ge=1)
    """Most event streams of one key that are open at the same time."""
    workers: bool = False
    """Whether runs are done by `makery worker` processes on the same database, not by the server itself."""
    private_webhooks: bool = False
    """Whether webhooks may name addresses of this machine or a private network."""


class PaceSettings(_Section):
    """How fast all workers together call one model."""

    at_once: int | None = Field(default=None, ge=1)
    """Most calls that are under way at the same time."""
    at_once_per_tenant: int | None = Field(default=None, ge=1)
    """Most calls of one organisation that are under way at the same time."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    """Most calls that begin within a minute."""
    tokens_per_minute: int | None = Field(default=None, ge=500)
    """Most tokens, prompts and caps on answers together, of calls that begin within a minute."""

    @model_validator(mode="after")
    def _share(self) -> "PaceSettings":
        if self.at_once and self.at_once_per_tenant and self.at_once_per_tenant > self.at_once:
            raise ValueError("at_once_per_tenant is more than at_once, which holds for all organisations")
        return self


class WorkerSettings(_Section):
    """`makery worker`. All workers on a database should have the same settings; the last to start counts."""

    acts: int = Field(default=4, ge=1)
    """Acts that one worker performs at the same time."""
    runs: int = Field(default=100, ge=1)
    """Runs that one worker conducts at the same time; one that waits takes memory only."""
    files: str = ""
    """Folder, the same for all workers, for what runs write; empty keeps it in the database."""
    models: dict[str, PaceSettings] = {}
    """Limits by model, under the name that `makery models list` shows."""


class UpstreamSettings(_Section):
    """An account at an OpenAI-compatible endpoint, to which the relay passes requests on."""

    base_url: str
    """Address of the endpoint, up to and with `/v1`."""
    api_key: SecretStr = SecretStr("")
    """The account's key. Never printed, and never seen by who uses the relay."""
    weight: int = Field(default=1, ge=1, le=1000)
    """Share of the requests, compared with the other accounts for the same model."""
    models: tuple[str, ...] = ()
    """The models it has; empty for whatever is asked for."""
    usd_per_million_in: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens in US dollars; without it, keys with a quota of money are refused."""
    usd_per_million_out: float | None = Field(default=None, ge=0)
    """Price of a million completion tokens in US dollars."""


class RelaySettings(_Section):
    """The relay at `/relay/v1`: several accounts behind one OpenAI-compatible address."""

    calls_at_once: int = Field(default=500, ge=1)
    """Most calls of one key that are under way at the same time."""
    first_byte_seconds: float = Field(default=180.0, gt=0)
    """Longest until an account begins to stream, or has answered in one piece; then another is asked."""
    idle_seconds: float = Field(default=120.0, gt=0)
    """Most between two pieces of an answer."""
    cool_down_seconds: float = Field(default=30.0, gt=0)
    """How long an account that failed is left alone, unless it says itself how long."""
    cache_minutes: float = Field(default=0.0, ge=0)
    """How long an answer is given again to exactly the same question of the same organisation; 0 is never.
    `Cache-Control: no-cache` asks for a new one."""
    cache_mib: int = Field(default=64, ge=1)
    """Memory for such answers."""
    upstreams: dict[str, UpstreamSettings] = {}
    """Accounts by name: `[relay.upstreams.first]`, `[relay.upstreams.second]`."""


class Settings(_Section):
    """All that can be set. Later sources win: defaults, user file, project file, environment, options."""

    home: Path
    """Folder for Makery's own data: database, models, cache."""
    model: str = "embedded"
    """A name of `makery models list`, MODEL@URL, or `embedded` for the one on this machine."""
    mode: Mode = "auto"
    """Who works: `direct` (one engineer), `duo` (engineer and QA), `company` (all), `auto` decides."""
    max_tokens: int | None = Field(default=None, gt=0)
    """Most tokens that a run may use, prompts and answers together."""
    max_usd: float | None = Field(default=None, ge=0)
    """Most money that a run may cost, in US dollars. Local models cost nothing."""
    allow_unknown_price: bool = False
    """Whether models may be used whose price nobody knows; their calls count as 0 US dollars."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Longest time that a run may take, over all its sittings."""
    max_calls: int | None = Field(default=None, gt=0)
    """Most model calls that a run may make."""
    seed: int = 0
    """Start of the model's random numbers: the same seed, the same answers, where the model allows it."""
    cache: bool = True
    """Whether an answer is kept and given again when exactly the same is asked."""
    sandbox: str = "auto"
    """What generated programs run in: `auto`, `bubblewrap`, `docker`, or the name of one that an installed
    package offers. `unsafe-local` is no sandbox at all."""
    database: str = ""
    """SQLAlchemy address of the database; empty for an SQLite file in `home`."""
    engine: EngineName = "dbos"
    """What makes runs durable: `dbos` keeps each act, model call and command; `inline` only acts."""
    embedded: EmbeddedSettings = EmbeddedSettings()
    """The model that runs on this machine."""
    patience: PatienceSettings = PatienceSettings()
    """Waiting for a model."""
    search: SearchSettings = SearchSettings()
    """Web search."""
    speech: SpeechSettings = SpeechSettings()
    """Text to speech."""
    server: ServerSettings = ServerSettings()
    """The server."""
    relay: RelaySettings = RelaySettings()
    """The relay."""
    workers: WorkerSettings = WorkerSettings()
    """Workers."""
    providers: dict[str, ProviderSettings] = {}
    """Endpoints by name: `[providers.openai]`, `[providers.deepseek]`, or a name of your own."""

    @field_validator("sandbox")
    @classmethod
    def _known_sandbox(cls, name: str) -> str:
        if name in SANDBOXES:
            return name
        from makery.app.offered import sandboxes

        known = (*SANDBOXES, *sandboxes())
        if name not in known:
            raise ValueError(f"there is no sandbox {name!r}, only {', '.join(known)}")
        return name

    @property
    def limits(self) -> Limits:
        """The limits of a run that names none of its own."""
        seconds = None if self.max_minutes is None else self.max_minutes * 60
        return Limits(tokens=self.max_tokens, usd=self.max_usd, seconds=seconds, calls=self.max_calls)

    @property
    def models_folder(self) -> Path:
        """Where the embedded models' weights are."""
        return self.home / "models"

    @property
    def database_url(self) -> str:
        """The address of the database, the default filled in."""
        return self.database or f"sqlite:///{self.home / 'makery.db'}"
