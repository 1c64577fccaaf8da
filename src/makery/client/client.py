"""The client: one method for each operation on runs, typed by the same objects as the server's answers."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from makery.client import tenancy, wire
from makery.kernel.errors import MakeryError

SECONDS = 60.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0

M = TypeVar("M", bound=BaseModel)


class Refused(MakeryError):
    """The server said no; `problem` says why and what to do."""

    def __init__(self, problem: wire.Problem) -> None:
        super().__init__(problem.detail, remedy=problem.remedy)
        self.problem = problem


class Client:
    """Talks to a server. Close it at the end, or use it in a `with` block.

    Args:
        url: the server's address: `http://127.0.0.1:8765`.
        key: a key, or the token that the server printed.
        transport: sends requests; for tests.
        sleep: called between two attempts to follow a run.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._http = httpx2.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
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

    # ------------------------------------------------------------------------ ordering

    def build(self, requirement: str, *, once: str = "", **options: Any) -> wire.RunDetail:
        """Order a program. `options` are the fields of `NewRun`; `once` is an idempotency key.

        Raises:
            Refused: the server said no.
            httpx2.HTTPError: it was not reached.
        """
        order = wire.NewRun(requirement=requirement, **options)
        sent = order.model_dump(mode="json", exclude_none=True)
        return self._post("runs", wire.RunDetail, once=once, json=sent)

    def change(self, requirement: str, archive: Path, *, once: str = "", **options: Any) -> wire.RunDetail:
        """Order a change of the repository in a .zip or .tar file; else as `build`."""
        order = wire.NewRun(requirement=requirement, **options)
        with archive.open("rb") as file:
            return self._post(
                "runs/change",
                wire.RunDetail,
                once=once,
                data={"order": order.model_dump_json(exclude_none=True)},
                files={"archive": (archive.name, file)},
            )

    def cancel(self, run: str) -> wire.RunDetail:
        """Stop a run; it can be resumed."""
        return self._post(f"runs/{_safe(run)}/cancel", wire.RunDetail)

    def resume(self, run: str, **limits: Any) -> wire.RunDetail:
        """Continue a run. `limits` are the fields of `ContinuedRun`."""
        order = wire.ContinuedRun(**limits)
        sent = order.model_dump(mode="json", exclude_none=True)
        return self._post(f"runs/{_safe(run)}/resume", wire.RunDetail, json=sent)

    # ------------------------------------------------------------------------- looking

    def runs(self, *, project: str = "") -> Iterator[wire.Run]:
        """All your runs, newest first, fetched page by page."""
        before = ""
        while True:
            page = self._get("runs", wire.Page[wire.Run], before=before, project=project)
            yield from page.items
            before = page.next
            if not before:
                return

    def run(self, run: str) -> wire.RunDetail:
        """One run as it stands."""
        return self._get(f"runs/{_safe(run)}", wire.RunDetail)

    def follow(self, run: str, *, after: int = 0, attempts: int = 5) -> Iterator[wire.RunEvent]:
        """A run's events, those so far and those that come, until it ends or stops.

        A stream that breaks is taken up where it broke, so often in a row as `attempts` says.

        Raises:
            Refused: the server said no.
            httpx2.HTTPError: it was not reached any more.
        """
        last, failures = after, 0
        while True:
            try:
                for event in self._stream(run, last):
                    last, failures = event.seq, 0
                    yield event
            except httpx2.TransportError:
                failures += 1
                if failures >= attempts:
                    raise
                self._sleep(min(_LONGEST_WAIT, _FIRST_WAIT * 2**failures))
                continue
            if self.run(run).state != "running":
                return

    def wait(self, run: str) -> wire.RunDetail:
        """The run once it has ended or stopped."""
        for _ in self.follow(run):
            pass
        return self.run(run)

    def files(self, run: str) -> wire.Tree:
        """What the run made."""
        return self._get(f"runs/{_safe(run)}/files", wire.Tree)

    def file(self, run: str, path: str) -> bytes:
        """One file's content."""
        return self._bytes(f"runs/{_safe(run)}/files/{quote(path)}")

    def archive(self, run: str) -> bytes:
        """Program and report as a zip archive."""
        return self._bytes(f"runs/{_safe(run)}/archive")

    def diff(self, run: str) -> str:
        """All that the run changed, as a unified diff."""
        return self._bytes(f"runs/{_safe(run)}/diff").decode("utf-8", "replace")

    def report(self, run: str) -> str:
        """The report, as Markdown."""
        return self._bytes(f"runs/{_safe(run)}/report").decode("utf-8", "replace")

    def verdict(self, run: str) -> wire.JudgedRun:
        """The verdict, clause by clause."""
        return self._get(f"runs/{_safe(run)}/verdict", wire.JudgedRun)

    def cost(self, run: str) -> wire.Cost:
        """What the run used, by role and skill."""
        return self._get(f"runs/{_safe(run)}/cost", wire.Cost)

    def models(self) -> tuple[wire.ModelInfo, ...]:
        """All models of the server's catalogue."""
        return self._get("models", wire.Page[wire.ModelInfo]).items

    def me(self) -> tenancy.WhoAmI:
        """What your key opens."""
        return self._get("me", tenancy.WhoAmI)

    # ------------------------------------------------------------------------- beneath

    def _get(self, path: str, kind: type[M], **query: str) -> M:
        asked: Mapping[str, str] = {name: value for name, value in query.items() if value}
        return kind.model_validate_json(_checked(self._http.get(path, params=asked)).content)

    def _post(self, path: str, kind: type[M], *, once: str = "", **sent: Any) -> M:
        headers = {"Idempotency-Key": once} if once else {}
        return kind.model_validate_json(_checked(self._http.post(path, headers=headers, **sent)).content)

    def _bytes(self, path: str) -> bytes:
        return _checked(self._http.get(path)).content

    def _stream(self, run: str, last: int) -> Iterator[wire.RunEvent]:
        place = f"runs/{_safe(run)}/events"
        # Pings come every 15 seconds: a longer silence is a broken connection.
        with self._http.stream("GET", place, headers={"Last-Event-ID": str(last)}) as response:
            if not response.is_success:
                response.read()
            _checked(response)
            for line in response.iter_lines():
                if line.startswith("data:"):
                    yield wire.RunEvent.model_validate_json(line.removeprefix("data:").strip())


def _safe(run: str) -> str:
    return quote(run, safe="")


def _checked(response: httpx2.Response) -> httpx2.Response:
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
