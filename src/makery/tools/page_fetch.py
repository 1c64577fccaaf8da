"""The HTML of a public web page; nothing of it is run here."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

from makery.kernel.addresses import is_public
from makery.tools.tool import ToolFailed

MOST_BYTES = 4 << 20
_SECONDS, _HOPS = 20.0, 5
_SECONDS_IN_ALL = 60.0

Resolve = Callable[[str], list[str]]


def addresses_of(host: str) -> list[str]:
    """The IP addresses of a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


async def fetch_page(url: str, *, resolve: Resolve = addresses_of, transport: Any = None) -> str:
    """The HTML at an address, redirects followed.

    Args:
        url: http or https.
        resolve: the IP addresses of a host.
        transport: for tests; None is the network.

    Raises:
        ToolFailed: no such address, a private one, no page there, or one that is too large.
    """
    import httpx

    options = {"timeout": _SECONDS, "trust_env": False, "follow_redirects": False, "transport": transport}
    try:
        async with asyncio.timeout(_SECONDS_IN_ALL), httpx.AsyncClient(**options) as client:
            for _ in range(_HOPS):
                response = await _answer(client, url, await asyncio.to_thread(_looked_up, url, resolve))
                if not response.is_redirect:
                    return _text(response, url)
                url = urljoin(url, response.headers.get("location", ""))
    except TimeoutError:
        raise ToolFailed(f"{url[:200]} took more than {_SECONDS_IN_ALL:g} s.") from None
    raise ToolFailed(f"{url[:200]} redirects more than {_HOPS} times.")


def _looked_up(url: str, resolve: Resolve) -> str:
    """The public IP address to connect to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username:
        raise ToolFailed(
            f"{url[:200]!r} is no address of a web page. Give one like https://example.org/page."
        )
    try:
        found = resolve(host)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise ToolFailed(f"The host {host!r} is not known.")
    private = [address for address in found if not is_public(address)]
    if private:
        raise ToolFailed(
            f"The host {host!r} is at the private address {private[0]}; only public pages are read."
        )
    return found[0]


async def _answer(client: Any, url: str, address: str) -> Any:
    """The answer of that very address: a name that points elsewhere a moment later changes nothing."""
    import httpx

    parts = urlsplit(url)
    numeric = f"[{address}]" if ":" in address else address
    at = parts._replace(netloc=f"{numeric}:{parts.port}" if parts.port else numeric, fragment="").geturl()
    # Packed, a few bytes may be hundreds of megabytes.
    asked = {"Host": parts.netloc, "Accept-Encoding": "identity"}
    request = client.build_request("GET", at, headers=asked, extensions={"sni_hostname": parts.hostname})
    try:
        response = await client.send(request, stream=True)
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ToolFailed(f"{parts.hostname} answers packed, though that was not asked for.")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ToolFailed(f"The page is larger than {MOST_BYTES >> 20} MiB.")
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise ToolFailed(f"{parts.hostname} cannot be read: {error or type(error).__name__}") from error
    kept = {name: response.headers[name] for name in ("content-type", "location") if name in response.headers}
    return httpx.Response(response.status_code, headers=kept, content=bytes(body), request=request)


def _text(response: Any, url: str) -> str:
    kind = response.headers.get("content-type", "text/html")
    if not response.is_success:
        raise ToolFailed(f"{url[:200]} answered {response.status_code}.")
    if not kind.startswith(("text/", "application/xhtml")):
        raise ToolFailed(f"{url[:200]} is no page but {kind.partition(';')[0]}.")
    return response.text
