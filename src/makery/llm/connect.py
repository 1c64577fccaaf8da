"""Joins catalogue, credentials and dialects into a model that can be called."""

from collections.abc import AsyncGenerator
from datetime import date

from makery.kernel.errors import ModelUnavailable
from makery.llm.catalogue import EMBEDDED, Catalogue, ModelEntry, Price, Provider, UnknownModelName
from makery.llm.connection import Connection
from makery.llm.credentials import Credentials
from makery.llm.dialects.wire import Dialect, Piece, Request
from makery.llm.endpoint import Endpoint, EndpointSource, FixedEndpoint


def connect(
    name: str, *, catalogue: Catalogue, credentials: Credentials, embedded: EndpointSource
) -> Connection:
    """A model by name, ready to be called; nothing is sent or loaded yet.

    Args:
        name: As `Catalogue.find` takes it; '' for the default model.
        catalogue: The known models.
        credentials: The user's keys and URLs.
        embedded: Starts the embedded engine when it is needed.

    Raises:
        UnknownModelName: no model has that name.
        SettingsError: its key or base URL is missing.
    """
    entry = catalogue.find(name or catalogue.default)
    hosted = entry.provider.name != EMBEDDED
    endpoints = FixedEndpoint(credentials.endpoint(entry.provider)) if hosted else embedded
    return Connection(entry, LateDialect(entry), endpoints)


def recorded(model: str, *, catalogue: Catalogue) -> Connection:
    """The connection for a strict replay of that model: it never sends anything, whatever the name."""
    try:
        entry = catalogue.find(model)
    except UnknownModelName:
        entry = _recorded_entry(model)
    return Connection(entry, LateDialect(entry), _Nowhere())


class LateDialect:
    """A model's dialect, whose client library is loaded by the first call: that takes about a second."""

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        self._loaded: Dialect | None = None

    def stream(self, request: Request, endpoint: Endpoint) -> AsyncGenerator[Piece, None]:
        """As `Dialect.stream`."""
        if self._loaded is None:
            self._loaded = dialect_of(self._entry)
        return self._loaded.stream(request, endpoint)

    async def aclose(self) -> None:
        """Close kept connections, if there are any."""
        if self._loaded is not None:
            await self._loaded.aclose()


def dialect_of(entry: ModelEntry) -> Dialect:
    """Load the dialect that a model's provider speaks."""
    match entry.provider.wire:
        case "openai":
            from makery.llm.dialects.openai import OpenAIDialect

            return OpenAIDialect(entry)
        case "anthropic":
            from makery.llm.dialects.anthropic import AnthropicDialect

            return AnthropicDialect(entry)
        case "google":
            from makery.llm.dialects.google import GoogleDialect

            return GoogleDialect(entry)
        case "azure":
            from makery.llm.dialects.azure import AzureDialect

            return AzureDialect(entry)
        case "replicate":
            from makery.llm.dialects.replicate import ReplicateDialect

            return ReplicateDialect(entry)


class _Nowhere:
    """The endpoint of a replay: there is none."""

    async def endpoint(self, model: str) -> Endpoint:
        raise ModelUnavailable(
            f"A replay does not call {model!r}.", remedy="Leave --replay out to call the model."
        )


def _recorded_entry(model: str) -> ModelEntry:
    provider_name, _, bare = model.partition("/")
    provider = Provider(name=provider_name, title="a recording", wire="openai", local=True)
    free = Price(input=0, output=0, source="a recording", checked=date(2026, 11, 27))
    return ModelEntry(provider=provider, model=bare or model, price=free)
