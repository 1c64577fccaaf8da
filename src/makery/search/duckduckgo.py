"""DuckDuckGo: its page without scripts, which needs no key."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import httpx

from makery.kernel.errors import ProviderError, RateLimited
from makery.kernel.ports import SearchResult
from makery.search.exchange import ask, garbage

USER_AGENT = "Mozilla/5.0 (compatible; Makery)"
"""The page answers requests without one with an error."""


@dataclass(frozen=True)
class DuckDuckGo:
    """Searches by posting the form of the HTML page and reading its result list."""

    url: str = "https://html.duckduckgo.com"

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Give hits, best first; advertisements are left out.

        Raises:
            ProviderError: the page failed, asks for a human (RateLimited) or is no result page.
        """
        response = await ask(
            "DuckDuckGo",
            f"{self.url.rstrip('/')}/html/",
            method="POST",
            headers={"User-Agent": USER_AGENT},
            form={"q": query},
            explain=_asks_for_a_human,
        )
        page = ResultPage()
        page.feed(response.text)
        page.close()
        if not page.results and not page.says_none:
            raise garbage("DuckDuckGo", response)
        return page.results[:most]


def _asks_for_a_human(response: httpx.Response) -> ProviderError | None:
    """Too many requests are answered by a picture puzzle with status 202, not by 429."""
    if response.status_code != 202 and "anomaly-modal" not in response.text:
        return None
    return RateLimited(
        "DuckDuckGo takes this machine for a robot and asks for a human.",
        remedy="Wait some minutes, or set up SearXNG or a search engine with a key.",
    )


class ResultPage(HTMLParser):
    """Reads the result list: each hit is an `a.result__a` and after it a `.result__snippet`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.results: list[SearchResult] = []
        self.says_none = False
        """Whether the page says that there are no results."""
        self._reading: Literal["", "title", "snippet"] = ""
        self._tag = ""
        self._text: list[str] = []
        self._url = ""
        self._skipping = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a title or a snippet."""
        attributes = dict(attrs)
        classes = (attributes.get("class") or "").split()
        if "no-results" in classes:
            self.says_none = True
        elif "result__a" in classes:
            self._url = _destination(attributes.get("href") or "")
            self._skipping = not self._url
            self._begin("title", tag)
        elif "result__snippet" in classes and not self._skipping:
            self._begin("snippet", tag)

    def handle_data(self, data: str) -> None:
        """Collect text, whatever bold or other tags it is in."""
        if self._reading:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """End the title or the snippet that this tag began."""
        if not self._reading or tag != self._tag:
            return
        text = " ".join("".join(self._text).split())
        if self._reading == "title" and not self._skipping:
            self.results.append(SearchResult(title=text, url=self._url, snippet=""))
        elif self._reading == "snippet" and self.results:
            self.results[-1] = self.results[-1].model_copy(update={"snippet": text})
        self._reading = ""

    def _begin(self, what: Literal["title", "snippet"], tag: str) -> None:
        self._reading, self._tag, self._text = what, tag, []


def _destination(href: str) -> str:
    """Give the address behind DuckDuckGo's redirect; '' for an advertisement (its link is `y.js`)."""
    parts = urlsplit(href)
    if parts.path == "/l/":
        href = (parse_qs(parts.query).get("uddg") or [""])[0]
        parts = urlsplit(href)
    advert = (parts.hostname or "").endswith("duckduckgo.com") and parts.path == "/y.js"
    return href if parts.scheme in ("http", "https") and not advert else ""
