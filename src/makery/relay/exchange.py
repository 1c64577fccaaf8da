"""Passing a request on: to one account after another, until one begins to answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

import httpx2

from makery.kernel.errors import ProviderUnavailable, RateLimited
from makery.relay.upstream import Pool, Upstream

CONNECT_SECONDS = 20.0
BAD_KEY_SECONDS = 600.0
"""How long an account whose key was refused is left alone: that does not mend itself quickly."""
LARGEST_ANSWER = 64 << 20

_log = logging.getLogger("makery.relay")


class Timing(NamedTuple):
    """How long is waited; seconds."""

    first_byte: float
    idle: float


@dataclass(frozen=True)
class Whole:
    """An answer that came at once, or a refusal that is the caller's own fault."""

    upstream: Upstream
    status: int
    kind: str
    body: bytes


@dataclass(frozen=True)
class Flow:
    """An answer that is still coming; it has begun, so that nobody else can be asked any more."""

    upstream: Upstream
    kind: str
    first: bytes
    rest: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]
    """To be called when all has come, or the caller goes away; it can be called twice."""


class Exchange:
    """Sends requests to a pool's accounts. Close it at the end.

    Args:
        pool: the accounts.
        timing: how long is waited.
    """

    def __init__(self, pool: Pool, timing: Timing) -> None:
        self._pool = pool
        self._timing = timing
        # No limit of its own: how many may be under way at once is for the keys to say.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS), limits=limits, follow_redirects=False
        )

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.aclose()

    async def ask(self, path: str, model: str, body: bytes, *, priced: bool = False) -> Whole | Flow:
        """The first usable answer.

        Args:
            path: below the base URL: `chat/completions`.
            model: chooses the accounts.
            body: JSON.
            priced: ask only accounts whose price is known.

        Raises:
            RateLimited: all accounts that could be asked want to be left alone.
            ProviderUnavailable: none could answer; says why each could not.
        """
        problems: list[str] = []
        slow_down: list[float] = []
        refusal: Whole | None = None
        for upstream in self._pool.order(model):
            if priced and not upstream.priced:
                continue
            try:
                answer = await self._begin(upstream, path, body)
            except _Failed as failure:
                self._pool.failed(upstream, failure.problem, failure.cool_down)
                _log.warning("account %s could not answer: %s", upstream.name, failure.problem)
                problems.append(f"{upstream.name}: {failure.problem}")
                slow_down += [failure.cool_down or self._pool.cool_down] if failure.status == 429 else []
                continue
            if isinstance(answer, Whole) and answer.status == 404:
                refusal = answer  # another account may have the model that this one lacks
                continue
            self._pool.worked(upstream)
            return answer
        if refusal is not None:
            return refusal
        raise _nobody(model, problems, slow_down)

    async def _begin(self, upstream: Upstream, path: str, body: bytes) -> Whole | Flow:
        request = self._client.build_request(
            "POST", f"{upstream.base_url}/{path}", content=body, headers=_headers(upstream)
        )
        try:
            async with asyncio.timeout(self._timing.first_byte):
                response = await self._client.send(request, stream=True)
                status = response.status_code
                if status in (401, 403, 429) or status >= 500 or 300 <= status < 400:
                    raise await _refused(response)
                return await self._taken(response, upstream)
        except TimeoutError:
            raise _Failed(f"no answer within {self._timing.first_byte:g} s") from None
        except httpx2.HTTPError as error:
            raise _Failed(str(error) or type(error).__name__) from None

    async def _taken(self, response: httpx2.Response, upstream: Upstream) -> Whole | Flow:
        kind = response.headers.get("content-type", "application/json")
        flows = kind.startswith("text/event-stream") and response.status_code == 200
        try:
            if not flows:
                body = await _read(response)
                return Whole(upstream, response.status_code, kind, _without_key(body, upstream))
            pieces = response.aiter_raw()
            first = await anext(pieces, b"")
            if not first:
                raise _Failed("it hung up before it said anything")
            return Flow(upstream, kind, first, self._rest(pieces), response.aclose)
        except BaseException:
            await response.aclose()
            raise

    async def _rest(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            while True:
                async with asyncio.timeout(self._timing.idle):
                    piece = await anext(pieces, b"")
                if not piece:
                    return
                yield piece
        except (TimeoutError, httpx2.HTTPError) as error:
            raise ProviderUnavailable(
                "The account hung up in the middle of its answer.", remedy="Ask again."
            ) from error


class _Failed(Exception):
    """One account could not answer; another may."""

    def __init__(self, problem: str, *, status: int = 0, cool_down: float | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status
        self.cool_down = cool_down


async def _refused(response: httpx2.Response) -> _Failed:
    await response.aclose()
    status = response.status_code
    if status < 400:
        # Followed, it would take the account's key to wherever it says.
        return _Failed(f"it sends elsewhere ({status})", status=status, cool_down=BAD_KEY_SECONDS)
    if status in (401, 403):
        return _Failed(f"it refused the account's key ({status})", status=status, cool_down=BAD_KEY_SECONDS)
    after = response.headers.get("retry-after", "")
    seconds = float(after) if after.isascii() and after.isdigit() else None
    return _Failed(f"it answered {status}", status=status, cool_down=seconds)


async def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise _Failed("its answer is too large")
    return bytes(body)


def _headers(upstream: Upstream) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    key = upstream.key.get_secret_value()
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def _without_key(body: bytes, upstream: Upstream) -> bytes:
    """Endpoints echo keys in their refusals."""
    key = upstream.key.get_secret_value().encode()
    return body.replace(key, b"***") if len(key) > 3 else body


def _nobody(model: str, problems: list[str], slow_down: list[float]) -> ProviderUnavailable | RateLimited:
    if not problems:
        return ProviderUnavailable(
            f"No account has the model {model[:80]!r}.", remedy="GET /relay/v1/models lists what there is."
        )
    if len(slow_down) == len(problems):
        return RateLimited(
            "All accounts are asked too often.", retry_after=min(slow_down), remedy="Wait a little."
        )
    return ProviderUnavailable("No account could answer.", remedy="Ask again in a little while.")
