"""How the server is: for load balancers, and for Prometheus."""

from importlib.metadata import version

from fastapi import APIRouter, Response

from makery.client.tenancy import Health
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.serving import Caller, Server
from makery.kernel.errors import MakeryError

router = APIRouter(tags=["health"])


@router.get("/health")
def health() -> Health:
    """That the server answers."""
    return Health(status="ok", version=version("makery"))


@router.get("/ready", responses={503: {"model": Health, "description": "It cannot take orders."}})
def ready(server: Server, response: Response) -> Health:
    """Whether the server can take orders: its database and its sandbox are there."""
    problems: list[str] = []
    for look in (server.factory.runs, server.factory.sandbox_name):
        try:
            look()
        except MakeryError as error:
            problems.append(type(error).__name__)
    if problems:
        response.status_code = 503
    return Health(status="not ready" if problems else "ok", problems=tuple(problems))


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **RESPONSES,
        200: {
            "description": "Prometheus's text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    },
)
def metrics(who: Caller, server: Server) -> Response:
    """Numbers for Prometheus; for the server's operator."""
    who.require("operator")
    return Response(server.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
