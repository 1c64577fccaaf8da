"""The Gemini format: `models/NAME:streamGenerateContent`."""

from collections.abc import AsyncGenerator

import httpx2
from google.genai import Client
from google.genai.types import HttpOptions
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.client import KeptClients, http_client
from makery.llm.dialects.streaming import stream
from makery.llm.dialects.wire import Piece, Request
from makery.llm.endpoint import Endpoint

_HOUR_MS = 3_600_000


class GoogleDialect:
    """Speaks `generateContent` with server-sent events."""

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        self._clients = KeptClients(http_client, httpx2.AsyncClient.aclose)

    def stream(self, request: Request, endpoint: Endpoint) -> AsyncGenerator[Piece, None]:
        """As `Dialect.stream`."""
        client = _client(endpoint, self._clients.of(endpoint))
        model = GoogleModel(request.model, provider=GoogleProvider(client=client))
        return stream(model, self._entry, request, endpoint)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._clients.aclose()


def _client(endpoint: Endpoint, http: httpx2.AsyncClient) -> Client:
    base, _, version = endpoint.base_url.rstrip("/").rpartition("/")
    options = HttpOptions(base_url=base, api_version=version, httpx_async_client=http, timeout=_HOUR_MS)
    return Client(vertexai=False, api_key=endpoint.key.get_secret_value(), http_options=options)
