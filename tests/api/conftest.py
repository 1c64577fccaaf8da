"""A server on a factory of stand-ins; store, workspace and team are the real ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from api_server import TOKEN, Gate, caller, make_factory, served

from makery.app.factory import Factory
from makery.interfaces.server import whole_application


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


@pytest.fixture
def url(factory: Factory) -> Iterator[str]:
    """The address of a server."""
    with served(whole_application(factory, token=TOKEN)) as address:
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
