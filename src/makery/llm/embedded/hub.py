"""Weights from Hugging Face, or from a mirror of it: one file over HTTP, continued by range."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import httpx

from makery.llm.embedded.weights import SourceFailed, Weights


class HubSource:
    """A `Source` that speaks the hub's `/REPOSITORY/resolve/REVISION/FILE`."""

    name = "Hugging Face"

    def __init__(
        self,
        base_url: str = "https://huggingface.co",
        *,
        connect_seconds: float = 4.0,
        read_seconds: float = 30.0,
    ) -> None:
        """Keep the address; a machine without the hub finds out within `connect_seconds`."""
        self._base_url = base_url.rstrip("/")
        self._timeout = httpx.Timeout(read_seconds, connect=connect_seconds)

    def fetch(self, weights: Weights, part: Path, report: Callable[[int], None]) -> None:
        """Append the rest of the file to `part`."""
        hub = weights.hub
        url = f"{self._base_url}/{hub.repository}/resolve/{hub.revision}/{hub.file}"
        have = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            with httpx.stream(
                "GET", url, headers=headers, timeout=self._timeout, follow_redirects=True
            ) as response:
                _append(response, part, weights.size, report)
        except httpx.HTTPError as error:
            raise SourceFailed(f"{_reason(error)} ({url})") from error


def _append(response: httpx.Response, part: Path, size: int, report: Callable[[int], None]) -> None:
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise SourceFailed(f"it answered {response.status_code} {response.reason_phrase} ({response.url})")
    # a server that ignores the range sends the whole file again
    mode = "ab" if response.status_code == HTTPStatus.PARTIAL_CONTENT else "wb"
    with part.open(mode) as file:
        for chunk in response.iter_bytes():  # as they come: what is kept back here is lost when it hangs up
            file.write(chunk)
            report(file.tell())
            if file.tell() > size:
                break
        have = file.tell()
    if have < size:
        raise SourceFailed(f"it hung up after {have} of {size} bytes; they are kept")


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {error}"
    return f"{type(error).__name__}: {error}"
