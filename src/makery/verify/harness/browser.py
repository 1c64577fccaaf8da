"""Drives the program's page in the system's Chromium with Playwright, one browser for all checks."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, sync_playwright
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page as PlaywrightPage

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",  # the sandbox around all of this is the stronger one; its own needs privileges
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
)
PATIENCE_MS = 3000

SEEDED_RANDOM = """(() => {
  let state = SEED + 1;
  Math.random = () => {  // mulberry32, so that a check sees the same game in every run
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
})();"""


class Browser:
    """A headless Chromium that lives as long as its worker process."""

    def __init__(self) -> None:
        self._chromium = (
            sync_playwright()
            .start()
            .chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        )

    @contextlib.contextmanager
    def open(self, path: Path, seed: int, screen: str) -> "Iterator[Page]":
        """The page at `path` in a fresh profile; at the end a screenshot goes to `screen`, if given."""
        context = self._chromium.new_context(viewport={"width": 1024, "height": 768}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(SEEDED_RANDOM.replace("SEED", str(seed)))
        page = Page(context.new_page(), path)
        try:
            page.load()
            if screen:
                page.screenshot(path=screen)
            yield page
        finally:
            context.close()


class Page:
    """A Playwright page (everything of it works here, too) that keeps the errors of its scripts."""

    def __init__(self, page: PlaywrightPage, path: Path) -> None:
        self._page = page
        self._path = path
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(self._place(error)))
        page.on("console", self._listen)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def load(self) -> None:
        """Open the program's page, as a user does by opening the file."""
        if not self._path.is_file():
            raise AssertionError(f"there is no {self._path.name}")
        self._page.goto(self._path.as_uri(), wait_until="load")

    def text(self, selector: str) -> str:
        """The text of the first element that matches, trimmed.

        Raises:
            AssertionError: nothing matches.
        """
        return (self._one(selector).text_content() or "").strip()

    def count(self, selector: str) -> int:
        """How many elements match."""
        return self._page.locator(selector).count()

    def press(self, *keys: str) -> None:
        """Press keys one after the other: `ArrowUp`, `a`, `Enter`, `Space`."""
        for key in keys:
            self._page.keyboard.press(key)

    def click(self, selector: str) -> None:
        """Click the first element that matches.

        Raises:
            AssertionError: nothing matches.
        """
        self._one(selector).click()

    def check_errors(self) -> None:
        """Fail if a script of the page raised an error.

        Raises:
            AssertionError: the first error, with its place.
        """
        # A key press returns before the page has told what it raised; an answer of the page comes after it.
        if not self._page.is_closed():
            self._page.locator("html").wait_for(state="attached")
        if self.errors:
            raise AssertionError(f"the page raised: {self.errors[0]}")

    def _one(self, selector: str) -> Any:
        found = self._page.locator(selector)
        if found.count() == 0:
            raise AssertionError(f"the page has no element {selector!r}")
        return found.first

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in message.text:
            self.errors.append(message.text)

    def _place(self, error: BrowserError) -> str:
        lines = [line.strip() for line in (error.stack or "").splitlines()]
        own = [line for line in lines if self._path.parent.as_uri() in line]
        place = own[0].split(f"{self._path.parent.as_uri()}/")[-1].rstrip(")") if own else ""
        return f"{error.name}: {error.message}" + (f" at {place}" if place else "")
