"""The Anthropic messages format."""

from collections.abc import AsyncGenerator

from anthropic import AsyncAnthropic
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider

from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.client import KeptClients, http_client
from makery.llm.dialects.streaming import stream
from makery.llm.dialects.wire import Piece, Request
from makery.llm.endpoint import Endpoint


class AnthropicDialect:
    """Speaks `/v1/messages` with server-sent events."""

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        self._clients = KeptClients(_client, AsyncAnthropic.close)

    def stream(self, request: Request, endpoint: Endpoint) -> AsyncGenerator[Piece, None]:
        """As `Dialect.stream`."""
        provider = AnthropicProvider(anthropic_client=self._clients.of(endpoint))
        # Models before 4.5 have no native schema; there the text of the prompt has to do.
        native = self._entry.provider.structure == "schema"
        profile = ModelProfile(supports_json_schema_output=True) if native else None
        model = AnthropicModel(request.model, provider=provider, profile=profile)
        return stream(model, self._entry, request, endpoint)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._clients.aclose()


def _client(endpoint: Endpoint) -> AsyncAnthropic:
    return AsyncAnthropic(
        base_url=endpoint.base_url.removesuffix("/v1"),
        api_key=endpoint.key.get_secret_value(),
        max_retries=0,
        http_client=http_client(endpoint),
    )
