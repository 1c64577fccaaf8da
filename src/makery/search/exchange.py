"""One request to a search engine, with its failures as the kernel's typed errors."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from makery.kernel.errors import (
    AuthenticationFailed,
    ProviderError,
    ProviderGarbage,
    ProviderUnavailable,
    RateLimited,
)
from makery.kernel.ports import SearchResult

TIMEOUT = 20.0
"""Seconds an engine may take for one answer."""

Explain = Callable[[httpx.Response], ProviderError | None]
"""An engine's own meaning of a response; None leaves it to its status."""


async def ask(
    engine: str,
    url: str,
    *,
    method: str = "GET",
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    explain: Explain | None = None,
) -> httpx.Response:
    """Give the engine's successful response.

    Messages name the engine and the host, never the full URL: it may carry a key.

    Raises:
        ProviderError: as the status, or `explain`, says; ProviderUnavailable if none came.
    """
    host = httpx.URL(url).host
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=True) as client:
            response = await client.request(method, url, params=params, headers=headers, json=json, data=form)
    except (httpx.TransportError, httpx.TooManyRedirects, httpx.DecodingError) as error:
        raise ProviderUnavailable(
            f"{engine} at {host!r} gave no answer ({type(error).__name__}).",
            remedy="Check the address and the network, or choose another search engine.",
        ) from error
    failure = (explain(response) if explain else None) or _failure(engine, host, response)
    if failure is not None:
        raise failure
    return response


def results(
    engine: str, response: httpx.Response, hits: str, url: str, snippet: str, title: str = "title"
) -> list[SearchResult]:
    """Give the results of a JSON answer: `hits` names the list (`a.b`: inside `a`), others a hit's fields.

    An answer without the list has no hits: engines leave it out then.

    Raises:
        ProviderGarbage: the answer is not JSON of that form.
    """
    *outer, last = hits.split(".")
    try:
        holder = response.json()
        for name in outer:
            holder = holder.get(name, {})
        return [
            SearchResult(title=hit.get(title) or "", url=hit[url], snippet=hit.get(snippet) or "")
            for hit in holder.get(last, [])
            if hit.get(url)
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise garbage(engine, response) from error


def garbage(engine: str, response: httpx.Response) -> ProviderGarbage:
    """Give the error for an answer that is not the engine's protocol, with its first words."""
    kind = response.headers.get("content-type", "no content type")
    return ProviderGarbage(
        f"{engine} answered something that is not its protocol ({kind}): {response.text[:80]!r}.",
        remedy="Check that the address is the engine's own.",
    )


def _failure(engine: str, host: str, response: httpx.Response) -> ProviderError | None:
    status = response.status_code
    if status < 400:
        return None
    said = f"{engine} at {host!r} answered {status}: {response.text[:200].strip()!r}."
    if status in (401, 403):
        return AuthenticationFailed(said, remedy=f"Check the key for {engine}.")
    if status == 429:
        return RateLimited(said, retry_after=_retry_after(response), remedy="Wait, or use another engine.")
    if status >= 500:
        return ProviderUnavailable(said, remedy="Try again later, or choose another search engine.")
    return ProviderError(said, remedy=f"Check the settings for {engine}.")


def _retry_after(response: httpx.Response) -> float | None:
    """Give seconds; the date form of the header is rare among search engines and read as unknown."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
