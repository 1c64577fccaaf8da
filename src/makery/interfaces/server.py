"""One application with all faces that are served, and the process that serves it."""

import asyncio
import gc
import ipaddress
import socket
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI

from makery.app.factory import Factory
from makery.interfaces.api.application import create_application
from makery.interfaces.api.serving import COOKIE, new_token, recognised
from makery.interfaces.patience import PatientProtocol
from makery.interfaces.relay.routes import add_relay
from makery.kernel.errors import InputError

GRACE_SECONDS = 10
"""How long open streams may take to end when the server stops."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def whole_application(
    factory: Factory, *, token: str = "", hosts: Sequence[str] = (), gui: bool = False
) -> FastAPI:
    """API and relay in one application, and the web page.

    Args:
        factory: does the work.
        token: opens everything; '' makes one.
        hosts: names by which the server may be addressed; empty for any.
        gui: whether the web page is part of it; loading Gradio takes seconds.
    """
    extend = [_with_relay, _with_gui] if gui else [_with_relay]
    return create_application(factory, token=token, hosts=hosts, extend=extend)


def _with_relay(app: FastAPI) -> None:
    add_relay(app, recognised)


def _with_gui(app: FastAPI) -> None:
    from makery.interfaces.gui.application import add_gui

    add_gui(app, recognised, COOKIE)


def serve(factory: Factory, *, host: str, port: int, tell: Callable[[str], object], gui: bool = True) -> None:
    """Serve until the process is told to stop; runs under way are then stopped and can be resumed.

    Args:
        factory: does the work.
        host: the address to listen at.
        port: 0 takes a free one.
        tell: is told where the server answers, once it does.
        gui: whether the web page is served, too.

    Raises:
        InputError: the address cannot be listened at.
        StorageFailure: the database cannot be used.
    """
    factory.registers()  # a database that cannot be used is told before anything else
    token = factory.settings.server.token.get_secret_value() or new_token()
    with _listening(host, port) as listener:
        local = is_loopback(host)
        app = whole_application(factory, token=token, hosts=LOOPBACK_NAMES if local else (), gui=gui)
        tell(_greeting(host, listener.getsockname()[1], token, local=local))
        # No access log: the address that is opened first holds the token.
        config = uvicorn.Config(
            app,
            http=PatientProtocol,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = uvicorn.Server(config)
        gc.collect()
        gc.freeze()  # what is loaded stays: looking for what runs have left is then quick
        asyncio.run(server.serve([listener]))
        if server.should_exit:
            # Raised again by uvicorn, the signal is lost where nothing is waited for after it.
            raise KeyboardInterrupt


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"Cannot listen at {host}:{port}: {what}.", remedy="Choose another --port, or --port 0 for any."
        ) from None


def _greeting(host: str, port: int, token: str, *, local: bool) -> str:
    name = f"[{host}]" if ":" in host else host
    lines = [
        f"Makery serves at http://{name}:{port}/?token={token}",
        f"API: http://{name}:{port}/api/v1 (Authorization: Bearer {token})",
        "Stop with Ctrl-C; runs under way can then be resumed.",
    ]
    if not local:
        lines.append("Others can reach this address: put a proxy with TLS in front of it.")
    return "\n".join(lines)
