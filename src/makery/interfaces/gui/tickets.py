"""Tickets: addresses that nobody can guess, for programs that are tried."""

import secrets
import time
from collections.abc import Callable

from makery.app.access import Principal

VALID_SECONDS = 3600.0
MOST_TICKETS = 1000


class Tickets:
    """Lets whoever has one look at one run's program for a while.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._runs: dict[str, tuple[str, Principal, float]] = {}

    def issue(self, who: Principal, run: str) -> str:
        """A new ticket for a run that the caller may see."""
        now = self._clock()
        self._runs = {ticket: known for ticket, known in self._runs.items() if known[2] > now}
        while len(self._runs) >= MOST_TICKETS:
            del self._runs[next(iter(self._runs))]
        ticket = secrets.token_urlsafe(24)
        self._runs[ticket] = (run, who, now + VALID_SECONDS)
        return ticket

    def find(self, ticket: str) -> tuple[str, Principal] | None:
        """The run and who asked for it; None if the ticket is not valid."""
        run, who, until = self._runs.get(ticket, ("", None, 0.0))
        return (run, who) if who is not None and self._clock() < until else None
