"""HTTP clients that are kept for an endpoint, and closed together."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import httpx2

from makery.llm.endpoint import Endpoint

CONNECT_SECONDS = 15.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
C = TypeVar("C")


def http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """A client without time-outs but for connecting: the gateway watches the stream itself.

    The machine's proxy settings hold, but never for its own loopback.
    """
    own = urlsplit(endpoint.base_url).hostname in _LOOPBACK
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        trust_env=not own,
        verify=_certificates(not own),
    )


@lru_cache(maxsize=2)
def _certificates(trust_env: bool) -> ssl.SSLContext:
    """Whom to trust. Reading the certificates takes 20 ms, so clients share them."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class KeptClients(Generic[C]):
    """One client for each endpoint and event loop, made when first asked for."""

    def __init__(self, make: Callable[[Endpoint], C], close: Callable[[C], Awaitable[None]]) -> None:
        self._make = make
        self._close = close
        self._kept: dict[tuple[str, str], tuple[asyncio.AbstractEventLoop, C]] = {}

    def of(self, endpoint: Endpoint) -> C:
        """The client for an endpoint; a new one when the event loop is another."""
        loop = asyncio.get_running_loop()
        key = (endpoint.base_url, endpoint.key.get_secret_value())
        kept = self._kept.get(key)
        if kept is None or kept[0] is not loop:
            kept = (loop, self._make(endpoint))
            self._kept[key] = kept
        return kept[1]

    async def aclose(self) -> None:
        """Close those that belong to the running loop and forget all."""
        loop = asyncio.get_running_loop()
        kept, self._kept = list(self._kept.values()), {}
        for owner, client in kept:
            if owner is loop:
                await self._close(client)
