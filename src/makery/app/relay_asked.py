"""What the relay is set up with and asked for, read from settings and requests."""

import json
from typing import Any, Literal

from makery.app.settings import RelaySettings
from makery.kernel.errors import InputError, SettingsError
from makery.relay.upstream import Upstream

Operation = Literal["chat/completions", "embeddings", "responses"]

DEFAULT_ANSWER = 4096
"""Tokens set aside for an answer whose length the caller does not bound."""

_BOUNDS: dict[Operation, tuple[str, ...]] = {
    "chat/completions": ("max_completion_tokens", "max_tokens"),
    "responses": ("max_output_tokens",),
    "embeddings": (),
}
"""What bounds an answer, the name that is sent first; a bound that an account does not know is none."""


def upstreams_of(settings: RelaySettings) -> tuple[Upstream, ...]:
    """The accounts that the settings name.

    Raises:
        SettingsError: an address is none.
    """
    for name, given in settings.upstreams.items():
        if not given.base_url.startswith(("http://", "https://")):
            raise SettingsError(
                f"relay.upstreams.{name}.base_url is no address: {given.base_url!r}.",
                remedy="It begins with http:// or https:// and usually ends with /v1.",
            )
    return tuple(
        Upstream(
            name=name,
            base_url=given.base_url.rstrip("/"),
            key=given.api_key,
            weight=given.weight,
            models=given.models,
            usd_per_million_in=given.usd_per_million_in,
            usd_per_million_out=given.usd_per_million_out,
        )
        for name, given in settings.upstreams.items()
    )


def parsed(body: bytes) -> dict[str, Any]:
    """A request's fields.

    Raises:
        InputError: it is no JSON object, or names no model.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The request is no JSON: {error}.", remedy="Send an object.") from None
    model = asked.get("model") if isinstance(asked, dict) else None
    if not isinstance(model, str) or not model or len(model) > 200:
        raise InputError("The request names no model.", remedy='Send {"model": "…", …}.')
    return asked


def with_usage(operation: Operation, asked: dict[str, Any], body: bytes) -> tuple[bytes, bool]:
    """The request with a wish for a stream's usage, and whether the caller wished that too."""
    if operation != "chat/completions" or asked.get("stream") is not True:
        return body, True
    options = asked.get("stream_options")
    options = options if isinstance(options, dict) else {}
    if options.get("include_usage") is True:
        return body, True
    wished = {**asked, "stream_options": {**options, "include_usage": True}}
    return _written(wished), False


def bounded(operation: Operation, asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """The request, whose answer the account is told to bound by what is set aside for it.

    Only where the caller did not bound it: else the answer could use more than the quota leaves.
    """
    names = _BOUNDS[operation]
    if not names or _bound(operation, asked) is not None:
        return asked, body
    told = {name: value for name, value in asked.items() if name not in names}
    told[names[0]] = DEFAULT_ANSWER
    return told, _written(told)


def answer_tokens(operation: Operation, asked: dict[str, Any]) -> int:
    """The most tokens that the answer can have."""
    if operation == "embeddings":
        return 0  # they answer with numbers
    most = _bound(operation, asked) or DEFAULT_ANSWER
    several = asked.get("n", 1)
    return most * (several if isinstance(several, int) and several > 0 else 1)


def _bound(operation: Operation, asked: dict[str, Any]) -> int | None:
    named = (asked.get(name) for name in _BOUNDS[operation])
    return next((value for value in named if isinstance(value, int) and value > 0), None)


def _written(asked: dict[str, Any]) -> bytes:
    return json.dumps(asked, ensure_ascii=False).encode("utf-8", "surrogatepass")
