"""Telling others of events: signed messages to addresses that a tenant named."""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from makery.app.access import Principal
from makery.app.refusals import NotFound
from makery.kernel.errors import InputError
from makery.kernel.events import Event, TextStreamed
from makery.kernel.ports import EventSink
from makery.store.ownership import Owner
from makery.store.runs import new_id
from makery.store.webhooks import Webhook, Webhooks

if TYPE_CHECKING:
    import httpx2

ATTEMPTS = 3
SECONDS = 10.0
WORKERS = 4
"""So many messages are under way at once: one slow address does not hold up the others."""
WAITING = 1000
"""Messages that may wait; what comes while so many wait is dropped and logged."""
SIGNATURE = "Makery-Signature"

_log = logging.getLogger("makery.webhooks")


class _Message(NamedTuple):
    webhook: Webhook
    body: bytes
    at: float


class Herald:
    """Delivers events to webhooks, in the background, from the event loop in which it is made.

    Args:
        webhooks: whom to tell.
        private: whether addresses of this machine and of private networks may be told.
        resolve: the IP addresses of a host.
        wait: seconds before the second attempt; doubled for the third.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        *,
        private: bool = False,
        resolve: "Callable[[str], list[str]] | None" = None,
        wait: float = 1.0,
    ) -> None:
        self._webhooks = webhooks
        self._private = private
        self._resolve = resolve or _addresses
        self._wait = wait
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[_Message] = asyncio.Queue(WAITING)
        self._workers: list[asyncio.Task[None]] = []

    def add(self, who: Principal, url: str, *, events: tuple[str, ...] = (), project: str = "") -> Webhook:
        """A new webhook of the caller's organisation.

        Raises:
            InputError: the address is none, or a private one.
        """
        who.require("admin")
        self.check(url)
        now = self._webhooks.clock()
        made = Webhook(
            id=new_id(now),
            organisation=who.organisation,
            project=project or who.project,
            url=url,
            secret=f"whsec_{secrets.token_urlsafe(24)}",
            events=events,
            created=now,
        )
        self._webhooks.add(made)
        return made

    def remove(self, who: Principal, id: str) -> None:  # noqa: A002 - its name in the API
        """Remove one of the caller's organisation.

        Raises:
            NotFound: it has none of that id.
        """
        mine = {webhook.id for webhook in self.of(who)}
        if id not in mine or not self._webhooks.remove(who.organisation, id):
            raise NotFound(f"There is no webhook {id!r}.", remedy="List them: GET /api/v1/webhooks")

    def of(self, who: Principal) -> tuple[Webhook, ...]:
        """Those that the caller may see."""
        who.require("admin")
        every = self._webhooks.of(who.organisation)
        return tuple(webhook for webhook in every if who.project in ("", webhook.project))

    def check(self, url: str) -> tuple[str, str]:
        """Host and IP address to which a message to that URL may go.

        Raises:
            InputError: it is no such URL, its host is not known, or one of its addresses is private.
        """
        parts = _split(url)
        host = parts.hostname or ""
        try:
            addresses = self._resolve(host)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise InputError(f"The host {host!r} of the webhook has no address.", remedy="Check the URL.")
        private = [address for address in addresses if not _is_public(address)]
        if private and not self._private:
            raise InputError(
                f"The webhook's host {host!r} is at the private address {private[0]}.",
                remedy="The server's operator can allow that: server.private_webhooks in the settings.",
            )
        return host, addresses[0]

    def sink(self, run: str, owner: Owner) -> EventSink:
        """Takes a run's events, from any thread, and passes on those that somebody wants."""
        hooks = [
            hook for hook in self._webhooks.of(owner.organisation) if hook.project in ("", owner.project)
        ]

        def tell(event: Event, /) -> None:
            wanted = [hook for hook in hooks if event.type in hook.events or not hook.events]
            if isinstance(event, TextStreamed) or not wanted or self._loop.is_closed():
                return
            at = self._webhooks.clock()
            # `out` is a place on the server's disk, which is nobody else's business.
            happened = event.model_dump(mode="json", exclude={"out"})
            facts = {"run": run, "project": owner.project, "at": at, "event": happened}
            body = json.dumps(facts, ensure_ascii=False).encode()
            for hook in wanted:
                self._loop.call_soon_threadsafe(self._put, _Message(hook, body, at))

        return tell

    async def close(self) -> None:
        """Wait for what is to be told, but not for long."""
        try:
            async with asyncio.timeout(SECONDS):
                await self._queue.join()
        except TimeoutError:
            _log.warning("%d webhook messages were not delivered", self._queue.qsize())
        for worker in self._workers:
            worker.cancel()

    def _put(self, message: _Message) -> None:
        if not self._workers:
            self._workers = [asyncio.create_task(self._deliver_all()) for _ in range(WORKERS)]
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            _log.warning("a message to webhook %s was dropped: too many wait", message.webhook.id)

    async def _deliver_all(self) -> None:
        import httpx2

        async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            while True:
                message = await self._queue.get()
                try:
                    await self._deliver(client, message)
                finally:
                    self._queue.task_done()

    async def _deliver(self, client: "httpx2.AsyncClient", message: _Message) -> None:
        problem = ""
        for attempt in range(ATTEMPTS):
            problem = await self._attempt(client, message)
            if not problem:
                return
            if attempt + 1 < ATTEMPTS:
                await asyncio.sleep(self._wait * 2**attempt)
        _log.warning("webhook %s was not reached: %s", message.webhook.id, problem)

    async def _attempt(self, client: "httpx2.AsyncClient", message: _Message) -> str:
        """What went wrong; '' if it was taken."""
        import httpx2

        try:
            # Looked up and connected to in one: a name that points elsewhere a moment later changes nothing.
            host, address = await asyncio.to_thread(self.check, message.webhook.url)
            response = await client.send(_request(client, message, host, address))
        except (httpx2.HTTPError, InputError) as error:
            return str(error) or type(error).__name__
        return "" if response.is_success else f"it answered {response.status_code}"


def sign(secret: str, body: bytes, at: float) -> str:
    """The signature header's value: when, and an HMAC-SHA256 of when and what."""
    moment = str(int(at))
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _request(client: "httpx2.AsyncClient", message: _Message, host: str, address: str) -> Any:
    url = urlsplit(message.webhook.url)
    numeric = f"[{address}]" if ":" in address else address
    port = f":{url.port}" if url.port else ""
    at = url._replace(netloc=f"{numeric}{port}").geturl()
    headers = {
        "Host": url.netloc.rpartition("@")[2],
        "Content-Type": "application/json",
        SIGNATURE: sign(message.webhook.secret, message.body, message.at),
    }
    return client.build_request(
        "POST", at, content=message.body, headers=headers, extensions={"sni_hostname": host}
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        _ = parts.port  # reading it is what checks it
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable:
        raise InputError(
            f"The webhook's address {url[:200]!r} is not usable.",
            remedy="Give an http or https URL without a user name.",
        )
    return parts


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        # Addresses that only wrap an IPv4 one lead where that one leads.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner or ip in _NAT64:
            return bool(inner) and inner.is_global
    return ip.is_global


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
