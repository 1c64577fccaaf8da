"""Who may look, and at what: what the pages get of the server that they are part of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.requests import Request

from makery.app.access import Doorkeeper, Principal
from makery.app.desk import Desk
from makery.app.factory import Factory
from makery.app.following import Watch
from makery.app.hosting import Host
from makery.app.refusals import Unauthenticated
from makery.app.relay import Relay
from makery.app.team_desk import TeamDesk
from makery.interfaces.gui.tickets import Tickets

PRINCIPAL = "makery.principal"
"""Under this name the guard leaves in a request's scope who sent it."""

Recognise = Callable[[Request], Awaitable[Principal]]
"""Says who calls, or raises a `MakeryError`."""


class Served(Protocol):
    """The parts of the server that the pages use."""

    @property
    def factory(self) -> Factory: ...

    @property
    def desk(self) -> Desk: ...

    @property
    def teams(self) -> TeamDesk: ...

    @property
    def host(self) -> Host: ...

    @property
    def watch(self) -> Watch: ...

    @property
    def doors(self) -> Doorkeeper: ...

    @property
    def relay(self) -> Relay: ...

    @property
    def streams(self) -> Any: ...


@dataclass(frozen=True)
class Door:
    """The application and how it recognises callers."""

    app: FastAPI
    recognise: Recognise
    cookie: str
    """The cookie that holds a caller's key."""
    tickets: Tickets
    """Let programs be tried."""

    @property
    def served(self) -> Served:
        """The server's parts; they are there once it serves."""
        return self.app.state.serving


def who_asks(request: Any) -> Principal:
    """Who sent a request that passed the guard; `request` is Gradio's.

    Raises:
        Unauthenticated: it did not pass it.
    """
    found = request.request.scope.get(PRINCIPAL)
    if not isinstance(found, Principal):
        raise Unauthenticated("This request did not come through the door.", remedy="Load the page again.")
    return found
