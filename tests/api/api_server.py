"""The real server on a loopback port, in a thread: streams and slow clients behave as they do for users."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import PROGRAM, StandIns, settings_in

from makery.app.factory import Factory
from makery.kernel.completion import ModelCall

TOKEN = "the-token-that-was-printed"


class Gate:
    """Holds the scripted model's answers until the test opens it."""

    def __init__(self) -> None:
        self._open = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._lock = threading.Lock()
        self.asked = threading.Event()

    def open(self) -> None:
        """Let all answers through."""
        with self._lock:
            self._open = True
            for loop, opened in self._waiting:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(opened.set)

    async def __call__(self, call: ModelCall) -> None:
        opened = asyncio.Event()
        with self._lock:
            self._waiting.append((asyncio.get_running_loop(), opened))
            if self._open:
                opened.set()
        self.asked.set()
        await opened.wait()


def make_factory(folder: Path, gate: Gate | None = None, **settings: object) -> Factory:
    """A factory of stand-ins in a folder."""
    found = settings_in(folder, **settings)
    return Factory(found, parts=StandIns(found, {"write_code": [PROGRAM] * 50}, delay=gate))


class _Server(uvicorn.Server):
    """Tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application's address while the block lasts."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5)
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        assert server.up.wait(30), "the server did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def caller(url: str, key: str = TOKEN) -> httpx2.Client:
    """A client that sends a key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False)
