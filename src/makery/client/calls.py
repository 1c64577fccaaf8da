"""Requests to a server, and what its answers are read as: what all parts of the client stand on."""

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from makery.client import wire
from makery.kernel.errors import MakeryError

SECONDS = 60.0

M = TypeVar("M", bound=BaseModel)


class Refused(MakeryError):
    """The server said no; `problem` says why and what to do."""

    def __init__(self, problem: wire.Problem) -> None:
        super().__init__(problem.detail, remedy=problem.remedy)
        self.problem = problem


class Calls:
    """A connection to a server. See `Client`."""

    def __init__(
        self,
        url: str,
        *,
        key: str,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._server = url.rstrip("/")
        self._http = httpx2.Client(
            base_url=f"{self._server}/api/v1/",
            headers={"Authorization": f"Bearer {key}"},
            timeout=SECONDS,
            transport=transport,
        )
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close kept connections."""
        self._http.close()

    # ------------------------------------------------------------------------- beneath

    def _get(self, path: str, kind: type[M], **query: str) -> M:
        asked: Mapping[str, str] = {name: value for name, value in query.items() if value}
        return kind.model_validate_json(checked(self._http.get(path, params=asked)).content)

    def _post(self, path: str, kind: type[M], *, once: str = "", **sent: Any) -> M:
        headers = {"Idempotency-Key": once} if once else {}
        return kind.model_validate_json(checked(self._http.post(path, headers=headers, **sent)).content)

    def _put(self, path: str, kind: type[M], order: BaseModel) -> M:
        return kind.model_validate_json(checked(self._http.put(path, json=sent(order))).content)

    def _delete(self, path: str) -> None:
        checked(self._http.delete(path))

    def _bytes(self, path: str, **query: str) -> bytes:
        asked = {name: value for name, value in query.items() if value}
        return checked(self._http.get(path, params=asked)).content

    def _text(self, path: str, **query: str) -> str:
        return self._bytes(path, **query).decode("utf-8", "replace")

    def _pages(self, path: str, kind: type[wire.Page[M]], *, by: str = "after", **query: str) -> Iterator[M]:
        place = ""
        while True:
            page = self._get(path, kind, **{**query, by: place})
            yield from page.items
            place = page.next
            if not place:
                return


def sent(order: BaseModel) -> dict[str, Any]:
    """An order as it goes over the wire: what is not given is left to the server."""
    return order.model_dump(mode="json", exclude_none=True)


def safe(part: str) -> str:
    """A part of a path."""
    return quote(part, safe="")


def checked(response: httpx2.Response) -> httpx2.Response:
    """The answer itself, if it is one.

    Raises:
        Refused: the server said no.
    """
    if response.is_success:
        return response
    try:
        problem = wire.Problem.model_validate_json(response.content)
    except ValidationError:
        what = f"The server answered {response.status_code} {response.reason_phrase}."
        problem = wire.Problem(
            title=response.reason_phrase,
            status=response.status_code,
            detail=what,
            remedy="Is this the address of a Makery server?",
        )
    raise Refused(problem)
