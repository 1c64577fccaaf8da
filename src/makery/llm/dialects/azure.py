"""Azure OpenAI: the OpenAI format at a resource's own URL, where a model is the name of a deployment.

Two forms of base URL (https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle):
`https://RESOURCE.openai.azure.com/openai/v1`, without an API version, and the older bare
`https://RESOURCE.openai.azure.com`, with one and with the key in the header `api-key`.
"""

from collections.abc import AsyncGenerator

from openai import AsyncAzureOpenAI, AsyncOpenAI

from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.client import KeptClients, http_client
from makery.llm.dialects.openai import chat_model
from makery.llm.dialects.streaming import stream
from makery.llm.dialects.wire import Piece, Request
from makery.llm.endpoint import Endpoint

API_VERSION = "2024-10-21"
"""The last dated version that is generally available; later features live under `/openai/v1`."""


class AzureDialect:
    """Speaks chat completions to an Azure OpenAI resource."""

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


def _client(endpoint: Endpoint) -> AsyncOpenAI:
    key = endpoint.key.get_secret_value()
    client = http_client(endpoint)
    if endpoint.base_url.rstrip("/").endswith("/v1"):
        return AsyncOpenAI(base_url=endpoint.base_url, api_key=key, max_retries=0, http_client=client)
    return AsyncAzureOpenAI(
        azure_endpoint=endpoint.base_url,
        api_version=API_VERSION,
        api_key=key,
        max_retries=0,
        http_client=client,
    )
