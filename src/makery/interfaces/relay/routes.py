"""OpenAI's endpoints: chat completions, embeddings, responses, models."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from makery.app.access import Principal
from makery.app.refusals import Forbidden, QuotaReached, TooMany, Unauthenticated
from makery.app.relay import Relay
from makery.app.relay_asked import Operation
from makery.app.relayed import Stream
from makery.interfaces.relay.described import (
    CHAT,
    CHATTED,
    CHUNK,
    DONE,
    EMBEDDED,
    ERRORS,
    INVALID,
    LISTED,
    REQUEST,
    RESPONDED,
    listed,
    passed,
    problem,
)
from makery.kernel.errors import MakeryError, ProviderError, RateLimited, SettingsError, UserError

_log = logging.getLogger(__name__)

PREFIX = "/relay/v1"
CACHE_HEADER = "Makery-Cache"
"""`hit` on an answer that was kept from before."""

Recognise = Callable[[Request], Awaitable[Principal]]
"""Says who calls, or raises a `MakeryError`."""

_UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
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


class _Route(APIRoute):
    """Answers errors in OpenAI's form, which its clients understand."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, guarded."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _error(400, str(error.errors()[0]["msg"]), INVALID)
            except HTTPException as error:  # the body is too large, or did not come to its end
                return _error(error.status_code, error.detail, INVALID, headers=dict(error.headers or {}))
            except MakeryError as error:
                return _refusal(error)

        return guarded


class _Passing(StreamingResponse):
    """Sends a stream on, and closes it however that ends."""

    def __init__(self, stream: Stream, kind: str) -> None:
        super().__init__(stream, media_type=kind, headers=_UNBUFFERED)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stream.close()


def add_relay(app: FastAPI, recognise: Recognise) -> None:
    """Add the relay's endpoints; the service is `app.state.serving.relay` once the application serves."""
    router = APIRouter(prefix=PREFIX, tags=["relay"], route_class=_Route, responses=ERRORS)

    def relay_of(request: Request) -> Relay:
        return request.app.state.serving.relay

    def operation(
        path: Operation, summary: str, example: dict[str, Any], answer: dict[str, Any], streamed: str = ""
    ) -> None:
        async def pass_on(request: Request) -> Response:
            who = await recognise(request)
            fresh = "no-cache" in request.headers.get("cache-control", "").lower()
            answer = await relay_of(request).ask(who, path, await request.body(), fresh=fresh)
            if answer.stream is None:
                told = {CACHE_HEADER: "hit"} if answer.cached else {}
                return Response(answer.body, answer.status, media_type=answer.kind, headers=told)
            return _Passing(answer.stream, answer.kind)

        wanted = {"schema": REQUEST, "example": example}
        router.add_api_route(
            f"/{path}",
            pass_on,
            name=path.replace("/", "_"),
            methods=["POST"],
            summary=summary,
            response_class=Response,
            responses=passed(answer, streamed),
            # The body is passed on as it came, and so not parsed into a model here.
            openapi_extra={"requestBody": {"required": True, "content": {"application/json": wanted}}},
        )

    embed = {"model": "text-embedding-3-small", "input": "Hello"}
    respond = {"model": "gpt-5.2", "input": "Hello"}
    operation("chat/completions", "Chat, whole or streamed", CHAT, CHATTED, CHUNK)
    operation("embeddings", "Embeddings", embed, EMBEDDED)
    operation("responses", "Responses, where accounts have them", respond, RESPONDED, DONE)

    @router.get("/models", responses=LISTED)
    async def list_models(request: Request) -> dict[str, Any]:
        """The models that your key may use."""
        names = relay_of(request).models(await recognise(request))
        return listed(names)

    app.include_router(router)


def _refusal(error: MakeryError) -> Response:
    for kind, status, name, code in _KINDS:
        if isinstance(error, kind):
            after = getattr(error, "retry_after", None)
            headers = {"Retry-After": str(max(1, round(after)))} if after else {}
            return _error(status, str(error), name, code, headers)
    return _error(500, HTTPStatus(500).phrase, "server_error")


def _error(
    status: int,
    message: str,
    kind: str,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    return JSONResponse(problem(message, kind, code), status, headers=headers)
