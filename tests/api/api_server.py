"""The real server on a loopback port, in a thread: streams and slow clients behave as they do for users."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import PROGRAM, StandIns, settings_in

from makery.app.factory import Factory
from makery.interfaces.patience import PatientProtocol
from makery.kernel.completion import ModelCall

TOKEN = "the-token-that-was-printed"
PATIENCE_SECONDS = 600.0
"""For anything that is waited for: a busy machine is no failure."""


TEAM = """
name: pair
protocol: round_robin
roles:
  writer: {goal: You write.}
  critic: {goal: You criticise.}
stop: {turns: 4, says: FINE, by: critic}
"""

HELPER = """
name: helper
protocol: react
roles:
  agent: {goal: You help., tools: ["files_*"]}
permissions:
  - {tool: files_write, decision: ask}
"""
"""Its agent may write files only with a person's consent."""


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
    answers = {"write_code": [PROGRAM] * 50, "speak": ["A line.", "FINE"] * 25}
    return Factory(found, parts=StandIns(found, answers, delay=gate))


class _Server(uvicorn.Server):
    """Tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def events(api: httpx2.Client, run: str, **more: Any) -> Iterator[dict[str, str]]:
    """The events of a run's stream, each as its fields."""
    with api.stream("GET", f"/api/v1/runs/{run}/events", **more) as answer:
        assert answer.status_code == 200
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if not line and fields:
                yield fields
                fields = {}
            elif ":" in line and not line.startswith(":"):
                name, _, value = line.partition(":")
                fields[name] = value.strip()


@contextmanager
def served(
    app: FastAPI, *, protocol: type[PatientProtocol] = PatientProtocol, send_buffer: int = 0
) -> Iterator[str]:
    """The application's address while the block lasts; `send_buffer` is bytes that the system keeps."""
    with socket.socket() as listening:
        if send_buffer:  # its connections have what it has
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, http=protocol, log_level="warning", lifespan="on", timeout_graceful_shutdown=5
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        assert server.up.wait(PATIENCE_SECONDS), "the server did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)


def caller(url: str, key: str = TOKEN) -> httpx2.Client:
    """A client that sends a key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
