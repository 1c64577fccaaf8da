"""Tavily: a search engine made for language models."""

from dataclasses import dataclass, field

import httpx

from makery.kernel.errors import ProviderError
from makery.kernel.ports import SearchResult
from makery.search.exchange import ask, results

PLAN_LIMITS = (432, 433)
"""The statuses with which Tavily says that the plan, or the pay-as-you-go limit, is used up."""


@dataclass(frozen=True)
class Tavily:
    """Searches with `POST /search`, the key as a bearer token (docs.tavily.com, api-reference)."""

    key: str = field(repr=False)
    url: str = "https://api.tavily.com"

    async def search(self, query: str, *, most: int = 8) -> list[SearchResult]:
        """Give hits, best first; Tavily gives at most 20.

        Raises:
            ProviderError: the service failed, refused the key or the plan is used up.
        """
        response = await ask(
            "Tavily",
            f"{self.url.rstrip('/')}/search",
            method="POST",
            headers={"Authorization": f"Bearer {self.key}"},
            json={"query": query, "max_results": min(most, 20)},
            explain=_plan_used_up,
        )
        return results("Tavily", response, hits="results", url="url", snippet="content")[:most]


def _plan_used_up(response: httpx.Response) -> ProviderError | None:
    if response.status_code not in PLAN_LIMITS:
        return None
    return ProviderError(
        f"The Tavily plan's limit is used up ({response.status_code}).",
        remedy="Raise the limit at Tavily, or choose another search engine.",
    )
