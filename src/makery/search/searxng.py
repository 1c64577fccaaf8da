"""SearXNG: a metasearch engine that one can run oneself."""

from dataclasses import dataclass

import httpx

from makery.kernel.errors import ProviderError
from makery.kernel.ports import SearchResult
from makery.search.exchange import ask, results


@dataclass(frozen=True)
class SearXNG:
    """Searches with an instance's JSON API (docs.searxng.org, dev/search_api)."""

    url: str
    """Base address of the instance."""

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Give hits, best first. The instance decides how many a page has.

        Raises:
            ProviderError: the instance failed, or does not offer JSON.
        """
        response = await ask(
            "SearXNG",
            f"{self.url.rstrip('/')}/search",
            params={"q": query, "format": "json"},
            explain=_no_json,
        )
        return results("SearXNG", response, hits="results", url="url", snippet="content")[:most]


def _no_json(response: httpx.Response) -> ProviderError | None:
    """An instance offers HTML only, and answers 403 to any other format, until its owner adds it."""
    if response.status_code != 403:
        return None
    return ProviderError(
        "The SearXNG instance refuses the JSON format (403).",
        remedy="Add `json` under `search: formats:` in the instance's settings.yml and restart it.",
    )
