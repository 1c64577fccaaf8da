"""Which models an endpoint says it offers."""

import json
from typing import Any

from makery.llm.catalogue import Provider
from makery.llm.endpoint import Endpoint

_SECONDS = 10.0


async def offered(provider: Provider, endpoint: Endpoint) -> tuple[str, ...]:
    """The names an endpoint lists under `/models`, sorted; () if it lists none or cannot be asked."""
    import httpx2

    from makery.llm.dialects.client import http_client

    if provider.wire == "replicate":
        return ()
    base = endpoint.base_url
    url = f"{base.removesuffix('/v1')}/v1/models" if provider.wire == "anthropic" else f"{base}/models"
    try:
        async with http_client(endpoint) as client:
            response = await client.get(url, headers=_headers(provider, endpoint), timeout=_SECONDS)
        return _names(response.json()) if response.status_code == 200 else ()
    except (httpx2.HTTPError, json.JSONDecodeError, UnicodeDecodeError):
        # The list only helps to explain a failure that is told anyway.
        return ()


def _headers(provider: Provider, endpoint: Endpoint) -> dict[str, str]:
    key = endpoint.key.get_secret_value()
    match provider.wire:
        case "anthropic":
            return {"x-api-key": key, "anthropic-version": "2023-06-01"}
        case "google":
            return {"x-goog-api-key": key}
        case "azure":
            return {"api-key": key}
        case _:
            return {"Authorization": f"Bearer {key}"}


def _names(data: Any) -> tuple[str, ...]:
    if not isinstance(data, dict):
        return ()
    rows = data.get("data") or data.get("models") or []
    names = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    return tuple(sorted(name.removeprefix("models/") for name in names if isinstance(name, str)))
