"""The client: a method for each operation of the API, typed by the same objects as the server's answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from makery.client import wire
from makery.client.calls import Calls, Refused, checked, safe, sent
from makery.client.results import Results
from makery.client.steering import Steering
from makery.client.stock import Stock
from makery.client.tenants import Tenants

__all__ = ["Client", "Refused"]

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0


class Client(Steering, Results, Stock, Tenants, Calls):
    """Talks to a server. Close it at the end, or use it in a `with` block.

    Every call raises `Refused` if the server says no, and `httpx2.HTTPError` if it is not reached.

    Args:
        url: the server's address: `http://127.0.0.1:8765`.
        key: a key, or the token that the server printed.
        transport: sends requests; for tests.
        sleep: called between two attempts to follow a run.
    """

    # ------------------------------------------------------------------------ ordering

    def build(self, requirement: str, *, once: str = "", **options: Any) -> wire.RunDetail:
        """Order a program. `options` are the fields of `NewRun`; `once` is an idempotency key.

        Raises:
            Refused: the server said no.
            httpx2.HTTPError: it was not reached.
        """
        order = wire.NewRun(requirement=requirement, **options)
        return self._post("runs", wire.RunDetail, once=once, json=sent(order))

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

    # ------------------------------------------------------------------------- looking

    def runs(self, *, project: str = "") -> Iterator[wire.Run]:
        """All your runs, newest first, fetched page by page."""
        return self._pages("runs", wire.Page[wire.Run], by="before", project=project)

    def run(self, run: str) -> wire.RunDetail:
        """One run as it stands."""
        return self._get(f"runs/{safe(run)}", wire.RunDetail)

    def follow(
        self, run: str, *, after: int = 0, attempts: int = 5, role: str | None = None
    ) -> Iterator[wire.RunEvent]:
        """A run's events, those so far and those that come, until it ends or stops.

        A stream that breaks is taken up where it broke, so often in a row as `attempts` says. `role` is your
        seat, where persons take part.

        Raises:
            Refused: the server said no.
            httpx2.HTTPError: it was not reached any more.
        """
        last, failures = after, 0
        while True:
            try:
                for event in self._stream(run, last, role):
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

    # ------------------------------------------------------------------------- beneath

    def _stream(self, run: str, last: int, role: str | None) -> Iterator[wire.RunEvent]:
        place = f"runs/{safe(run)}/events"
        # Pings come every 15 seconds: a longer silence is a broken connection.
        given = {} if role is None else {"role": role}
        headers = {"Last-Event-ID": str(last)}
        with self._http.stream("GET", place, params=given, headers=headers) as response:
            if not response.is_success:
                response.read()
            checked(response)
            for line in response.iter_lines():
                if line.startswith("data:"):
                    yield wire.RunEvent.model_validate_json(line.removeprefix("data:").strip())
