"""The OpenAI chat completions format: OpenAI itself and all who speak it, llama.cpp's server included."""

from collections.abc import AsyncGenerator
from typing import Any

from openai import AsyncOpenAI, omit
from openai.types import chat
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings, OpenAIStreamedResponse
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.client import KeptClients, http_client
from makery.llm.dialects.streaming import CACHED, stream
from makery.llm.dialects.wire import Piece, Request
from makery.llm.endpoint import Endpoint


class OpenAIDialect:
    """Speaks chat completions with server-sent events and `response_format`."""

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        self._clients = KeptClients(_client, AsyncOpenAI.close)

    def stream(self, request: Request, endpoint: Endpoint) -> AsyncGenerator[Piece, None]:
        """As `Dialect.stream`."""
        client = self._clients.of(endpoint)
        return stream(chat_model(self._entry, request, client), self._entry, request, endpoint)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._clients.aclose()


class _Stream(OpenAIStreamedResponse):
    """Keeps what llama.cpp's server tells of its prompt cache outside the usual place: `timings.cache_n`."""

    def _map_chunk_provider_details(self, chunk: chat.ChatCompletionChunk) -> dict[str, Any] | None:
        timings = (chunk.model_extra or {}).get("timings")
        cached = timings.get("cache_n") if isinstance(timings, dict) else None
        return {CACHED: cached} if isinstance(cached, int) else None


class _ChatModel(OpenAIChatModel):
    """A chat model that reads llama.cpp's timings."""

    @property
    def _streamed_response_cls(self) -> type[OpenAIStreamedResponse]:
        return _Stream


class _PlainChatModel(_ChatModel):
    """Leaves out `stream_options` for servers that refuse it."""

    def _get_stream_options(
        self, model_settings: OpenAIChatModelSettings
    ) -> chat.ChatCompletionStreamOptionsParam:
        return omit  # pyright: ignore[reportReturnType] - the SDK leaves this one out


def chat_model(entry: ModelEntry, request: Request, client: AsyncOpenAI) -> OpenAIChatModel:
    """A pydantic-ai model for one request on a client of the OpenAI SDK."""
    provider: Any = (
        OpenAIProvider(openai_client=client)
        if entry.provider.name in ("openai", "azure")
        else OpenAICompatibleProvider(entry.provider.name, openai_client=client)
    )
    kind = _PlainChatModel if "stream_options" in entry.provider.omit else _ChatModel
    return kind(request.model, provider=provider, profile=_profile(entry))


def _client(endpoint: Endpoint) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.key.get_secret_value() or "none",
        max_retries=0,
        http_client=http_client(endpoint),
    )


def _profile(entry: ModelEntry) -> OpenAIModelProfile:
    profile = OpenAIModelProfile(
        openai_chat_streaming_requires_finish_reason="finish_reason" not in entry.provider.omit,
        openai_chat_supports_max_completion_tokens=entry.provider.max_tokens_field == "max_completion_tokens",
    )
    if entry.provider.structure == "schema":
        profile["supports_json_schema_output"] = True
    if entry.provider.name not in ("openai", "azure"):
        # Servers that enforce a schema by grammar take it as it is; OpenAI's strict subset would lose bounds.
        profile["json_schema_transformer"] = None
        profile["openai_supports_strict_tool_definition"] = False
        profile["supports_json_object_output"] = entry.provider.structure != "prompt"
        profile["openai_supports_reasoning"] = False
    return profile
