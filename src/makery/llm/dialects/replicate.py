"""Replicate's predictions: create one, then read its text as server-sent events.

As documented at https://replicate.com/docs/reference/http and, for streams,
https://replicate.com/docs/topics/predictions/streaming:
`POST /v1/models/OWNER/NAME/predictions` answers with `urls.stream`, whose events are `output`, `error`
and `done`; `GET urls.get` then has the metrics. There is no JSON schema: the prompt has to ask for it.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import httpx2

from makery.kernel.completion import Usage
from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.client import KeptClients, http_client
from makery.llm.dialects.failures import Place
from makery.llm.dialects.wire import EndPiece, Piece, Request, TextPiece, ThoughtPiece
from makery.llm.endpoint import Endpoint


class ReplicateDialect:
    """Speaks the predictions format."""

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        self._clients = KeptClients(http_client, httpx2.AsyncClient.aclose)

    async def stream(self, request: Request, endpoint: Endpoint) -> AsyncGenerator[Piece, None]:
        """As `Dialect.stream`."""
        place = Place(self._entry, endpoint, request)
        client = self._clients.of(endpoint)
        with place.typed_errors():
            urls = await _create(client, request, endpoint, place)
            async for piece in _read(client, urls["stream"], endpoint, place):
                yield piece
            yield await _end(client, urls.get("get", ""), request, endpoint)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._clients.aclose()


async def _create(
    client: httpx2.AsyncClient, request: Request, endpoint: Endpoint, place: Place
) -> dict[str, Any]:
    url = f"{endpoint.base_url}/models/{request.model}/predictions"
    body = {"stream": True, "input": _input(request)}
    response = await client.post(url, json=body, headers=_headers(endpoint))
    _check(response, place)
    urls = response.json().get("urls")
    if not isinstance(urls, dict) or not isinstance(urls.get("stream"), str):
        raise place.garbage("the prediction has no stream URL")
    return urls


def _input(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {
        "prompt": "\n\n".join(turn.text for turn in request.turns),
        "system_prompt": request.system,
        "max_tokens": request.max_tokens,
    }
    if request.temperature is not None:
        given["temperature"] = request.temperature
    if request.seed is not None:
        given["seed"] = request.seed
    if request.stop:
        given["stop_sequences"] = ",".join(request.stop)
    return given


async def _read(
    client: httpx2.AsyncClient, url: str, endpoint: Endpoint, place: Place
) -> AsyncIterator[Piece]:
    headers = {**_headers(endpoint), "Accept": "text/event-stream", "Cache-Control": "no-store"}
    async with client.stream("GET", url, headers=headers) as response:
        if response.status_code >= 400:
            await response.aread()
        _check(response, place)
        async for event, data in _events(response):
            if event == "done":
                return
            if event == "error":
                raise place.unavailable(data)
            yield TextPiece(text=data) if event == "output" and data else ThoughtPiece()
    raise place.unavailable("the stream ended early")


async def _events(response: httpx2.Response) -> AsyncIterator[tuple[str, str]]:
    event, data = "message", list[str]()
    # Split by hand: other line separators inside the data are part of it.
    rest = ""
    async for chunk in response.aiter_text():
        *lines, rest = (rest + chunk).replace("\r\n", "\n").split("\n")
        for line in lines:
            field, _, value = line.partition(":")
            if not line:
                if data:
                    yield event, "\n".join(data)
                event, data = "message", []
            elif field == "event":
                event = value.removeprefix(" ")
            elif field == "data":
                data.append(value.removeprefix(" "))


async def _end(client: httpx2.AsyncClient, url: str, request: Request, endpoint: Endpoint) -> EndPiece:
    usage = await _usage(client, url, endpoint) if url else None
    cut = usage is not None and usage.completion_tokens >= request.max_tokens
    return EndPiece(finish="length" if cut else "stop", usage=usage)


async def _usage(client: httpx2.AsyncClient, url: str, endpoint: Endpoint) -> Usage | None:
    # The answer is whole by now: metrics that cannot be read are no reason to lose it.
    try:
        response = await client.get(url, headers=_headers(endpoint))
        metrics = response.json().get("metrics") or {}
        return Usage(
            prompt_tokens=metrics["input_token_count"], completion_tokens=metrics["output_token_count"]
        )
    except (httpx2.HTTPError, json.JSONDecodeError, KeyError, AttributeError, TypeError):
        return None


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.key.get_secret_value()}"}


def _check(response: httpx2.Response, place: Place) -> None:
    if response.status_code >= 400:
        after = _seconds(response.headers.get("retry-after"))
        raise place.status(response.status_code, response.text, after)
    if response.status_code >= 300:
        raise place.garbage(f"HTTP {response.status_code}")


def _seconds(header: str | None) -> float | None:
    """Seconds to wait, from a number or a date; None if there is no usable header."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time())
    except ValueError:
        return None
