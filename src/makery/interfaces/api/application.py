"""The application that a server serves."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.middleware import Middleware
from fastapi.responses import RedirectResponse, Response

from makery.app.factory import Factory
from makery.app.refusals import Unauthenticated
from makery.interfaces.api import (
    events,
    health,
    history,
    inventory,
    labels,
    problems,
    results,
    runs,
    steering,
    teams,
    tenants,
    usage,
)
from makery.interfaces.api.examples import add_examples
from makery.interfaces.api.middleware import ETags, Intake, KnownHosts, Observed, SafeHeaders
from makery.interfaces.api.serving import COOKIE, Serving, new_token

PREFIX = "/api/v1"
BODY_SECONDS = 30.0
_COOKIE_SECONDS = 7 * 86_400
_DESCRIPTION = """\
Turns requirements into verified software. Order a run, follow its events, take what it made.

Send a key as `Authorization: Bearer KEY`. Errors are problem+json and say what to do. Lists come in pages.
Answers to GET have an ETag. Runs that the command line began are the same runs.
"""

Extend = Callable[[FastAPI], object]
"""Adds something to the application: another interface."""


def create_application(
    factory: Factory,
    *,
    token: str = "",
    hosts: Sequence[str] = (),
    extend: Sequence[Extend] = (),
    body_seconds: float = BODY_SECONDS,
) -> FastAPI:
    """The application on a factory.

    Args:
        factory: does the work.
        token: opens everything; '' makes one, which `app.state.serving.token` holds once it serves.
        hosts: names by which the server may be addressed; empty for any.
        extend: what else is to be served.
        body_seconds: most between two pieces of a request's body.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.serving = Serving.begin(factory, token or new_token())
        try:
            yield
        finally:
            await app.state.serving.close()

    most = factory.settings.server.body_mib << 20
    app = FastAPI(
        title="Makery",
        version=version("makery"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(KnownHosts, hosts=hosts),
            Middleware(Observed, observer=_observer_of(lambda: app)),
            Middleware(ETags),
            Middleware(Intake, most=most, seconds=body_seconds),
        ],
    )
    for module in (runs, steering, events, results, history, labels, teams, inventory, tenants, usage):
        app.include_router(module.router, prefix=PREFIX)
    app.include_router(health.router)
    app.add_api_route("/", _open, include_in_schema=False)
    problems.install(app)
    for add in extend:
        add(app)
    _describe(app)
    return app


def _observer_of(app: Callable[[], FastAPI]) -> Any:
    def observe(**facts: Any) -> None:
        serving: Serving | None = getattr(app().state, "serving", None)
        if serving is not None:
            serving.metrics(**facts)

    return observe


def _open(request: Request, token: str = "") -> Response:
    """The printed address: the browser keeps the token as a cookie, and the address bar loses it."""
    serving: Serving = request.app.state.serving
    if not token:
        return RedirectResponse(f"{PREFIX}/openapi.json")
    who = serving.doors.recognise(token)
    if not who.may("operator"):
        raise Unauthenticated("This token is not the server's.", remedy="Open the address that it printed.")
    response = RedirectResponse("/", status_code=303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, token, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict", secure=secure
    )
    return response


def _describe(app: FastAPI) -> None:
    """Have the OpenAPI document say that errors are problem+json, and give examples."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            for operation in _operations(document):
                for answer in operation["responses"].values():
                    _as_problem(answer)
            add_examples(document)
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "responses" in operation
    ]


def _as_problem(answer: dict[str, Any]) -> None:
    content: dict[str, Any] = answer.get("content", {})
    for kind, described in list(content.items()):
        reference = described.get("schema", {}).get("$ref", "")
        if reference.endswith(("/Problem", "/HTTPValidationError")):
            del content[kind]
            content[problems.MEDIA_TYPE] = {"schema": {"$ref": "#/components/schemas/Problem"}}
