"""What the operations of a server share, and how they learn who is calling."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from makery.app.access import Doorkeeper, Principal
from makery.app.desk import Desk
from makery.app.factory import Factory
from makery.app.following import Watch
from makery.app.hosting import Host
from makery.app.parts import Registers
from makery.app.refusals import Forbidden, Unauthenticated
from makery.app.relay import Relay
from makery.app.team_desk import TeamDesk
from makery.app.webhooks import Herald
from makery.interfaces.api.metrics import Metrics
from makery.interfaces.api.throttle import OpenStreams, Rate
from makery.kernel.ports import EventSink
from makery.store.ownership import Owner

COOKIE = "makery_token"
_HARMLESS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Serving:
    """One server's parts. Make it inside the event loop that serves, and close it there."""

    factory: Factory
    registers: Registers
    host: Host
    watch: Watch
    desk: Desk
    teams: TeamDesk
    doors: Doorkeeper
    herald: Herald
    rate: Rate
    streams: OpenStreams
    metrics: Metrics
    relay: Relay
    token: str
    """Opens everything; printed by who started the server."""

    @classmethod
    def begin(cls, factory: Factory, token: str) -> "Serving":
        """A server's parts on a factory.

        Raises:
            StorageFailure: the database cannot be used.
        """
        registers = factory.registers()
        host = Host(factory)
        watch = Watch(factory.events, factory.is_over)
        herald = Herald(registers.webhooks, private=factory.settings.server.private_webhooks)

        def watchers(run: str, owner: Owner) -> Sequence[EventSink]:
            return watch.sink(run), herald.sink(run, owner)

        streams = OpenStreams(factory.settings.server.streams)
        return cls(
            factory=factory,
            registers=registers,
            host=host,
            watch=watch,
            desk=Desk(factory, host, registers, watchers),
            teams=TeamDesk(factory, registers.teams),
            doors=Doorkeeper(registers.access, token=token),
            herald=herald,
            rate=Rate(factory.settings.server.requests_per_minute),
            streams=streams,
            metrics=Metrics(host.running, streams.total),
            relay=Relay(factory.settings.relay, registers.relay_usage),
            token=token,
        )

    async def close(self) -> None:
        """Stop this server's runs, which can be resumed, and tell the webhooks of it."""
        await self.host.close()
        await self.herald.close()
        await self.relay.close()


def new_token() -> str:
    """A token for one start of a server."""
    return secrets.token_urlsafe(24)


def serving_of(request: Request) -> Serving:
    """The server's parts."""
    return request.app.state.serving


Server = Annotated[Serving, Depends(serving_of)]
_bearer = HTTPBearer(auto_error=False, description="A key: `mk_…`, or the token that the server printed.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by opening the printed address.")


async def recognised(request: Request) -> Principal:
    """Who is calling.

    Raises:
        Unauthenticated: nobody that is known.
        Forbidden: another site made a browser send this.
        TooMany: too often.
    """
    server = serving_of(request)
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    sent = key.strip() if kind.lower() == "bearer" else ""
    text = sent or request.cookies.get(COOKIE, "")
    if not text:
        raise Unauthenticated(
            "No key was sent.", remedy="Send it as `Authorization: Bearer KEY`; the server printed a token."
        )
    if not sent:
        _refuse_other_sites(request)
    who = server.doors.known(text) or await asyncio.to_thread(server.doors.recognise, text)
    server.rate.take(name_of(who), who.quota.requests_per_minute)
    return who


async def caller(
    request: Request,
    _header: Annotated[object, Security(_bearer)],
    _cookie: Annotated[object, Security(_cookie)],
) -> Principal:
    """As `recognised`; its arguments are for the OpenAPI document."""
    return await recognised(request)


Caller = Annotated[Principal, Depends(caller)]


def name_of(who: Principal) -> str:
    """By what a caller is counted: each key for itself."""
    return who.key or "token"


def _refuse_other_sites(request: Request) -> None:
    """A browser sends cookies along whoever asks it to; it says who that was."""
    if request.method in _HARMLESS:
        return
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site not in ("", "same-origin", "none") or (origin and origin != own) or not (site or origin):
        raise Forbidden("Another site sent this.", remedy="Programs send their key as a header instead.")
