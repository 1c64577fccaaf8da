"""OpenAI's endpoints: chat completions, embeddings, responses, models."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from makery.app.access import Principal
from makery.app.refusals import Forbidden, QuotaReached, TooMany, Unauthenticated
from makery.app.relay import Relay
from makery.app.relay_asked import Operation
from makery.app.relayed import Stream
from makery.kernel.errors import MakeryError, ProviderError, RateLimited, SettingsError, UserError

_log = logging.getLogger(__name__)

PREFIX = "/relay/v1"
SEND_SECONDS = 30
"""A reader that takes nothing for so long is let go: it holds an account's connection and a key's slot."""
CACHE_HEADER = "Makery-Cache"
"""`hit` on an answer that was kept from before."""

Recognise = Callable[[Request], Awaitable[Principal]]
"""Says who calls, or raises a `MakeryError`."""

_KINDS: tuple[tuple[type[MakeryError], int, str, str | None], ...] = (
    (Unauthenticated, 401, "invalid_request_error", "invalid_api_key"),
    (Forbidden, 403, "permission_error", None),
    (QuotaReached, 429, "insufficient_quota", "insufficient_quota"),
    (TooMany, 429, "rate_limit_error", "rate_limit_exceeded"),
    (RateLimited, 429, "rate_limit_error", "rate_limit_exceeded"),
    (SettingsError, 503, "server_error", None),
    (UserError, 400, "invalid_request_error", None),
    (ProviderError, 502, "upstream_error", None),
)
"""Status, type and code as OpenAI's clients know them; the first that fits counts."""

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "code": {"type": ["string", "null"]},
                "param": {"type": "null"},
            },
        }
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {"application/json": {"schema": _ERROR}},
    }
    for status, description in {
        400: "The request is not in OpenAI's format.",
        401: "No key was sent, or none that opens anything.",
        403: "The key may not do that.",
        413: "The request is too large.",
        429: "A quota or rate is used up.",
        502: "No account could answer.",
        503: "The relay has no accounts.",
    }.items()
}


class _Route(APIRoute):
    """Answers errors in OpenAI's form, which its clients understand."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, guarded."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _error(400, str(error.errors()[0]["msg"]), "invalid_request_error", None)
            except MakeryError as error:
                return _refusal(error)

        return guarded


class _Passing(StreamingResponse):
    """Sends a stream on, and closes it however that ends."""

    def __init__(self, stream: Stream, kind: str) -> None:
        super().__init__(stream, media_type=kind, headers=_UNBUFFERED)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as long as it is read."""
        try:
            await super().__call__(scope, receive, _bounded(send))
        except ClientDisconnect:
            _log.warning("a stream was ended: its reader is gone, or took nothing for %g s", SEND_SECONDS)
        finally:
            await self._stream.close()


def _bounded(send: Send) -> Send:
    async def bounded(message: Message) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)
        except TimeoutError:
            raise ClientDisconnect from None

    return bounded


def add_relay(app: FastAPI, recognise: Recognise) -> None:
    """Add the relay's endpoints; the service is `app.state.serving.relay` once the application serves."""
    router = APIRouter(prefix=PREFIX, tags=["relay"], route_class=_Route, responses=_ANSWERS)

    def relay_of(request: Request) -> Relay:
        return request.app.state.serving.relay

    def operation(path: Operation, summary: str, example: dict[str, Any]) -> None:
        async def pass_on(request: Request) -> Response:
            who = await recognise(request)
            fresh = "no-cache" in request.headers.get("cache-control", "").lower()
            answer = await relay_of(request).ask(who, path, await request.body(), fresh=fresh)
            if answer.stream is None:
                told = {CACHE_HEADER: "hit"} if answer.cached else {}
                return Response(answer.body, answer.status, media_type=answer.kind, headers=told)
            return _Passing(answer.stream, answer.kind)

        wanted = {"schema": _REQUEST, "example": example}
        router.add_api_route(
            f"/{path}",
            pass_on,
            name=path.replace("/", "_"),
            methods=["POST"],
            summary=summary,
            response_class=Response,
            responses=_PASSED,
            # The body is passed on as it came, and so not parsed into a model here.
            openapi_extra={"requestBody": {"required": True, "content": {"application/json": wanted}}},
        )

    operation("chat/completions", "Chat, whole or streamed", _CHAT)
    operation("embeddings", "Embeddings", {"model": "text-embedding-3-small", "input": "Hello"})
    operation("responses", "Responses, where accounts have them", {"model": "gpt-5.2", "input": "Hello"})

    @router.get("/models")
    async def list_models(request: Request) -> dict[str, Any]:
        """The models that your key may use."""
        names = relay_of(request).models(await recognise(request))
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "relay"} for name in names]
        return {"object": "list", "data": data}

    app.include_router(router)


_REQUEST = {"type": "object", "required": ["model"], "properties": {"model": {"type": "string"}}}
_UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_CHAT = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
_PASSED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What the account answered.",
        "content": {"application/json": {}, "text/event-stream": {}},
    }
}


def _refusal(error: MakeryError) -> Response:
    for kind, status, name, code in _KINDS:
        if isinstance(error, kind):
            after = getattr(error, "retry_after", None)
            headers = {"Retry-After": str(max(1, round(after)))} if after else {}
            return _error(status, str(error), name, code, headers)
    return _error(500, HTTPStatus(500).phrase, "server_error", None)


def _error(
    status: int, message: str, kind: str, code: str | None, headers: dict[str, str] | None = None
) -> Response:
    problem = {"message": message, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": problem}, status, headers=headers)
