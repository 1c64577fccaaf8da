"""Errors as problem+json (RFC 9457): what is wrong, where, and what to do."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from makery.app.refusals import Conflict, Forbidden, NotFound, QuotaReached, TooMany, Unauthenticated
from makery.client.wire import Problem
from makery.kernel.errors import (
    EnvironmentFailure,
    LimitReached,
    MakeryError,
    ModelError,
    ProviderError,
    UserError,
)

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[MakeryError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooMany, 429),
    (QuotaReached, 429),
    (LimitReached, 409),
    (UserError, 422),
    (EnvironmentFailure, 503),
    (ProviderError, 502),
    (ModelError, 502),
)
"""The first that fits counts."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        400: "The request cannot be read.",
        401: "No key was sent, or none that opens anything.",
        403: "The key lacks a scope, or is confined to something else.",
        404: "There is no such thing, or it is somebody else's.",
        409: "It cannot be done in the present state.",
        413: "The request is too large.",
        422: "Something that was sent cannot be used.",
        429: "A quota or rate is used up; see Retry-After.",
        503: "The server lacks something: a model, a sandbox, room on its disk.",
    }.items()
}
"""What every operation may answer, for the OpenAPI document."""

_log = logging.getLogger("makery.api")


def status_of(error: MakeryError) -> int:
    """The HTTP status for an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Have an application answer all errors as problems."""
    app.add_exception_handler(MakeryError, _on_ours)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _on_invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _on_http)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, _on_bug)


def problem_response(error: MakeryError, path: str) -> Response:
    """The answer for an error of ours."""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(problem_of(error, path), headers)


def problem_of(error: MakeryError, path: str) -> Problem:
    """What the answer for an error of ours says."""
    status = status_of(error)
    return Problem(
        type=f"urn:makery:{type(error).__name__}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.message,
        remedy=error.remedy,
        instance=path,
    )


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    content = problem.model_dump(mode="json")
    return JSONResponse(content, problem.status, headers=headers, media_type=MEDIA_TYPE)


async def _on_ours(request: Request, error: MakeryError) -> Response:
    if status_of(error) == 500:
        _log.error("%s %s: a bug of ours", request.method, request.url.path, exc_info=error)
    return problem_response(error, request.url.path)


async def _on_invalid(request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    detail = f"{place}: {first['msg']}."
    remedy = "The OpenAPI document says what is expected: /api/v1/openapi.json"
    problem = Problem(
        type="urn:makery:InputError",
        title=HTTPStatus(422).phrase,
        status=422,
        detail=detail,
        remedy=remedy,
        instance=request.url.path,
    )
    return _answer(problem)


async def _on_http(request: Request, error: HTTPException) -> Response:
    problem = http_problem(error.status_code, request.method, request.url.path, error.detail)
    return _answer(problem, dict(error.headers or {}))


def http_problem(status: int, method: str, path: str, detail: str) -> Problem:
    """What the answer for an error of the framework says."""
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=f"{method} {path}: {detail}.",
        remedy=_REMEDIES.get(status, ""),
        instance=path,
    )


_REMEDIES = {
    **dict.fromkeys((404, 405), "GET /api/v1/openapi.json says what there is."),
    413: "Send less; the server's operator sets the limit: server.body_mib.",
}


async def _on_bug(request: Request, error: Exception) -> Response:
    _log.error("%s %s: a bug of ours", request.method, request.url.path, exc_info=error)
    problem = Problem(
        type="urn:makery:Bug",
        title=HTTPStatus(500).phrase,
        status=500,
        detail=f"A bug in Makery: {type(error).__name__}.",
        remedy="The server's log has the traceback; please report it.",
        instance=request.url.path,
    )
    return _answer(problem)
