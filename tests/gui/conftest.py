"""The real server with its page, in the system's Chromium."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

for _folder in ("api", "app"):
    sys.path.insert(0, str(Path(__file__).parents[1] / _folder))

from api_server import TOKEN, Gate, caller, make_factory, served  # noqa: E402 - beside the API's tests
from gui_server import application  # noqa: E402

from makery.app.factory import Factory  # noqa: E402

PATIENCE_MS = 120_000
"""How long a page may take on a busy machine."""


expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What Gradio does with its own dependencies is not ours to mend."""
    mark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(mark)


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Holds the model's answers back; opened at the end at the latest."""
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def factory(tmp_path: Path, gate: Gate) -> Factory:
    """A factory whose model writes one program whenever it is asked; it waits for the gate."""
    return make_factory(tmp_path, gate)


@pytest.fixture
def url(factory: Factory) -> Iterator[str]:
    """The address of a server with its page."""
    with served(application(factory)) as address:
        yield address


@pytest.fixture
def key_of(url: str) -> Callable[..., str]:
    """Makes an organisation with a key."""

    def make(organisation: str, *scopes: str) -> str:
        with caller(url) as api:
            order = {"name": organisation, "quota": {}}
            made = api.post("/api/v1/organisations", json=order).raise_for_status().json()
            wanted = {"name": "k", "scopes": scopes, "organisation": made["id"]}
            return api.post("/api/v1/keys", json=wanted).raise_for_status().json()["key"]

    return make


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file's tests: Playwright's event loop would be in the way of other files' loops."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A browser without a key."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    context.on("console", lambda said: print(f"console {said.type}: {said.text}"))
    context.on("requestfailed", lambda request: print(f"failed: {request.url} {request.failure}"))
    context.on("response", _tell_of_events)
    yield context.new_page()
    context.close()


def _tell_of_events(response: Response) -> None:
    """What a click came to, beside a failed test."""
    if "/gradio_api/" in response.url:
        print(f"{response.status} {response.request.method} {response.url}")


@pytest.fixture
def page(stranger: Page, url: str) -> Page:
    """A browser that opened the printed address."""
    stranger.goto(f"{url}/?token={TOKEN}")
    return stranger
