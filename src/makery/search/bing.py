"""Bing: any service that speaks version 7 of the Bing Web Search API.

Microsoft's own ended on 11 August 2025 (learn.microsoft.com/en-us/bing/search-apis); the format lives on in
services and gateways that took it over, so that the address has to be given.
"""

from dataclasses import dataclass, field

import httpx

from makery.kernel.errors import ProviderError
from makery.kernel.ports import SearchResult
from makery.search.exchange import ask, results

MOST = 50
"""Hits that the API gives at most for one question."""


@dataclass(frozen=True)
class Bing:
    """Searches with `GET /v7.0/search`, the key in the header `Ocp-Apim-Subscription-Key`."""

    key: str = field(repr=False)
    url: str
    """Base address: what stands before `/v7.0/search`."""

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Give hits, best first; Bing gives at most 50.

        Raises:
            ProviderError: the service failed, refused the key or the quota is used up.
        """
        response = await ask(
            "Bing",
            f"{self.url.rstrip('/')}/v7.0/search",
            params={"q": query, "count": min(most, MOST), "responseFilter": "Webpages"},
            headers={"Ocp-Apim-Subscription-Key": self.key},
            explain=_quota,
        )
        return results("Bing", response, hits="webPages.value", url="url", snippet="snippet", title="name")[
            :most
        ]


def _quota(response: httpx.Response) -> ProviderError | None:
    """A quota that is used up is told with the status of a missing permission."""
    if response.status_code != 403:
        return None
    return ProviderError(
        "Bing refuses the search (403): the key's quota is used up, or it is not meant for web search.",
        remedy="Look at the service's quota, or choose another search engine.",
    )
