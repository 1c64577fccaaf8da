"""What holds for every request: whose browser sends it, what its answer may do there, its ETag, its count."""

import asyncio
import hashlib
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_TAGGED = 4 << 20

_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SafeHeaders:
    """Adds headers that keep what models wrote from acting in a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


class KnownHosts:
    """Answers only requests for names that this server goes by.

    A page elsewhere can have its own name point to 127.0.0.1 (DNS rebinding); the browser would then take
    this server for that page's. The name in the request gives that away.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and self._hosts and _host(scope) not in self._hosts:
            await _refuse(send, 421, b"This server does not go by that name.")
            return
        await self._app(scope, receive, send)


def _host(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


async def _refuse(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class ETags:
    """Gives whole answers to GET an ETag, and answers 304 to who has them already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        known = _tags(Headers(scope=scope).get("if-none-match", ""))
        start: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and message["status"] == 200:
                start = message
                return
            if start is not None:
                begun, start = start, None
                if not message.get("more_body") and len(message.get("body", b"")) <= LARGEST_TAGGED:
                    message = _tag(begun, message, known)
                await send(begun)
            await send(message)

        await self._app(scope, receive, tagged)


class Intake:
    """Bounds a request's body: its size, and the time between two pieces of it.

    Whoever reads the body meets the bound, and answers in the form of its own errors.

    Args:
        app: what comes behind.
        most: bytes.
        seconds: a client that sends nothing for so long is let go.
    """

    def __init__(self, app: ASGIApp, *, most: int, seconds: float) -> None:
        self._app = app
        self._most = most
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        said = int(length) if length.isascii() and length.isdigit() else 0
        await self._app(scope, self._bounded(receive, said), send)

    def _bounded(self, receive: Receive, said: int) -> Receive:
        whole, size = False, 0

        async def bounded() -> Message:
            nonlocal whole, size
            if whole:
                return await receive()  # waits for the client to go away, which may take as long as it likes
            if said > self._most:
                raise _too_large()
            try:
                async with asyncio.timeout(self._seconds):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "the request did not come to its end") from None
            whole = not message.get("more_body", False)
            size += len(message.get("body", b""))
            if size > self._most:
                raise _too_large()
            return message

        return bounded


def _too_large() -> HTTPException:
    return HTTPException(413, "the request is too large", {"Connection": "close"})


def _tags(header: str) -> frozenset[str]:
    return frozenset(tag.strip().removeprefix("W/") for tag in header.split(",") if tag.strip())


def _tag(start: Message, body: Message, known: Iterable[str]) -> Message:
    tag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
    headers = MutableHeaders(scope=start)
    headers["ETag"] = tag
    headers.setdefault("Cache-Control", "private, no-cache")
    if tag not in known:
        return body
    start["status"] = 304
    del headers["content-length"]
    return {"type": "http.response.body", "body": b""}


class Observer(Protocol):
    """Told of every answered request."""

    def __call__(self, *, method: str, route: str, status: int, seconds: float) -> None: ...


class Observed:
    """Tells an observer of every request."""

    def __init__(self, app: ASGIApp, observer: Observer) -> None:
        self._app = app
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = 500, time.monotonic()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            # The route's pattern, not the path: paths hold ids, and anybody can invent some.
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.monotonic() - started
            self._observer(method=scope["method"], route=route, status=status, seconds=seconds)
