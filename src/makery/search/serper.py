"""Serper: Google's results from serper.dev."""

from dataclasses import dataclass, field

import httpx

from makery.kernel.errors import ProviderError
from makery.kernel.ports import SearchResult
from makery.search.exchange import ask, results


@dataclass(frozen=True)
class Serper:
    """Searches with `POST /search`, the key in the header `X-API-KEY`."""

    key: str = field(repr=False)
    url: str = "https://google.serper.dev"

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Give hits, best first.

        Raises:
            ProviderError: the service failed, refused the key or has no credit left.
        """
        response = await ask(
            "Serper",
            f"{self.url.rstrip('/')}/search",
            method="POST",
            headers={"X-API-KEY": self.key},
            json={"q": query, "num": most},
            explain=_no_credit,
        )
        return results("Serper", response, hits="organic", url="link", snippet="snippet")[:most]


def _no_credit(response: httpx.Response) -> ProviderError | None:
    """An empty account is told with status 400, as a faulty request is."""
    if response.status_code != 400 or "credit" not in response.text.lower():
        return None
    return ProviderError(
        "The Serper account has no credit left.", remedy="Top it up, or choose another search engine."
    )
