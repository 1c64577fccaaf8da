"""SerpAPI: Google's results from serpapi.com."""

from dataclasses import dataclass, field

import httpx

from makery.kernel.errors import ProviderError
from makery.kernel.ports import SearchResult
from makery.search.exchange import ask, results


@dataclass(frozen=True)
class SerpApi:
    """Searches with `GET /search.json`; the key is a query parameter, so no message may show the URL."""

    key: str = field(repr=False)
    url: str = "https://serpapi.com"

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Give hits, best first.

        Raises:
            ProviderError: the service failed, refused the key or has no searches left.
        """
        response = await ask(
            "SerpAPI",
            f"{self.url.rstrip('/')}/search.json",
            params={"engine": "google", "q": query, "num": most, "api_key": self.key},
            explain=_said_error,
        )
        return results("SerpAPI", response, hits="organic_results", url="link", snippet="snippet")[:most]


def _said_error(response: httpx.Response) -> ProviderError | None:
    """A failed search is also told with status 200 and an `error`; so is, with success, one without hits."""
    if response.status_code != 200:
        return None
    try:
        body = response.json()
    except ValueError:
        return None  # reading the results reports it
    if not isinstance(body, dict) or "error" not in body:
        return None
    metadata = body.get("search_metadata")
    if isinstance(metadata, dict) and metadata.get("status") == "Success":
        return None
    return ProviderError(f"SerpAPI could not search: {body['error']}", remedy="Try again later.")
