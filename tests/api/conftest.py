"""A server on a factory of stand-ins; store, workspace and team are the real ones."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from api_server import TOKEN, caller, served

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import StandIns, settings_in

from makery.app.factory import Factory
from makery.interfaces.api.application import create_application
from makery.kernel.completion import ModelCall

sys.path.pop(0)


class Gate:
    """Holds the scripted model's answers until the test opens it."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self.asked = threading.Event()

    def open(self) -> None:
        """Let all answers through."""
        self._opened.set()

    async def __call__(self, call: ModelCall) -> None:
        import asyncio

        self.asked.set()
        await asyncio.to_thread(self._opened.wait, 30)


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate, opened at the end at the latest."""
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def factory(tmp_path: Path, gate: Gate) -> Factory:
    """A factory whose model writes one program whenever it is asked; it waits for the gate."""
    return make_factory(tmp_path, gate)


def make_factory(folder: Path, gate: Gate | None = None, **settings: object) -> Factory:
    """A factory of stand-ins in a folder."""
    from app_standins import PROGRAM

    found = settings_in(folder, **settings)
    answers = {"write_code": [PROGRAM] * 50}
    return Factory(found, parts=StandIns(found, answers, delay=gate))


@pytest.fixture
def url(factory: Factory) -> Iterator[str]:
    """The address of a server."""
    with served(create_application(factory, token=TOKEN)) as address:
        yield address


@pytest.fixture
def api(url: str) -> Iterator[httpx2.Client]:
    """A client with the server's token."""
    with caller(url) as client:
        yield client


@pytest.fixture
def key_of(api: httpx2.Client) -> Callable[..., str]:
    """Makes an organisation with a key; further arguments are the key's."""

    def make(organisation: str, *scopes: str, quota: dict[str, object] | None = None, **more: object) -> str:
        order = {"name": organisation, "quota": quota or {}}
        made = api.post("/api/v1/organisations", json=order).raise_for_status().json()
        wanted = {"name": "k", "scopes": scopes or ("admin",), "organisation": made["id"], **more}
        return api.post("/api/v1/keys", json=wanted).raise_for_status().json()["key"]

    return make
