"""The pytest fixtures that a check may ask for: `run`, `page`, `server`, `observe`."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .service import Service
from .terminal import Program

if TYPE_CHECKING:
    from .browser import Browser, Page


class Fixtures:
    """A pytest plug-in object; it lives as long as its worker, so a browser is started once."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._browser: Browser | None = None
        self._folder = Path("/")
        self._screen = ""
        self._seed = 0
        self._remarks: list[str] = []
        self.observed = ""
        """What a probe saw last."""

    def start(self) -> dict[str, str]:
        """Start what is slow to start; the outcome `ready`, or the error."""
        if self._plan["kind"] == "web":
            from .browser import Browser, BrowserError

            try:
                self._browser = Browser()
            except BrowserError as error:
                return {"outcome": "error", "message": f"the browser did not start: {error}"}
        return {"outcome": "ready", "message": ""}

    def begin(self, folder: Path, screen: str, seed: int) -> None:
        """Start over for the next check; `seed` is for what is random in the program."""
        self._seed = seed
        self._folder = folder
        self._screen = screen
        self._remarks = []
        self.observed = ""

    def remarks(self) -> list[str]:
        """What the last run or request showed, and where the program itself failed in it."""
        return self._remarks

    @property
    def _entry(self) -> str:
        return self._plan["entry"]

    def _environment(self) -> dict[str, str]:
        home = str(self._folder.parent / "home")
        return {
            "PATH": os.pathsep.join(os.get_exec_path()),
            "HOME": home,
            "TMPDIR": home,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": str(self._seed),
            **({"PYTHONPATH": self._plan["site"]} if self._plan["site"] else {}),
        }

    @pytest.fixture
    def run(self) -> Program:
        """Runs the program: `run("add", "milk")` gives `.out`, `.err`, `.code` and `.lines`."""
        return Program(self._entry, self._folder, self._environment(), self._remarks)

    @pytest.fixture
    def observe(self) -> Callable[[Callable[[], object]], None]:
        """`observe(lambda: double(2))` keeps what comes out, whatever it is."""

        def keep(call: Callable[[], object]) -> None:
            try:
                self.observed = written(call())
            except Exception as error:  # noqa: BLE001 - what a program raises is what it does
                self.observed = f"raises {type(error).__name__}"

        return keep

    @pytest.fixture
    def server(self) -> Iterator[Service]:
        """The running service: `server.get("/notes")` gives `.status`, `.headers` and `.json()`."""
        service = Service(self._entry, self._plan["server"], self._folder, self._environment(), self._remarks)
        with service:
            yield service

    @pytest.fixture
    def page(self) -> "Iterator[Page]":
        """The page in a headless browser: `page.text("#score")`, `page.press("ArrowUp")`."""
        if self._browser is None:
            pytest.fail("the program is no page")
        with self._browser.open(self._folder / self._entry, self._seed, self._screen) as page:
            yield page
            page.check_errors()


LONGEST_VALUE = 400


def written(value: object) -> str:
    """A value as text, the same for equal ones: floats rounded, sets and dicts sorted, addresses left out."""
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(_plain(value)))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… {hash(text)}"


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, 9) + 0.0
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value
    if isinstance(value, set | frozenset):
        return ("set", sorted(map(_plain, value), key=repr))
    if isinstance(value, dict):
        return ("dict", sorted(((_plain(k), _plain(v)) for k, v in value.items()), key=repr))
    return value
