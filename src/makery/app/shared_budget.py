"""A budget for several processes: counted in the database, so that it fails closed for all of them."""

from collections.abc import Iterable
from contextvars import ContextVar

from makery.durable.resume import History
from makery.kernel.budget import Budget, Limits, Reservation, Spent
from makery.kernel.completion import Usage
from makery.kernel.events import Entry, ModelCalled
from makery.kernel.ports import Ledger
from makery.store.reservations import Reservations

_ELSE = "?"


class SharedBudget(Budget):
    """See `Budget`. What was spent is what the ledger says; what is reserved is in the database.

    A run without limits reserves nothing there.

    Args:
        run: the run's id.
        limits: the run's.
        history: the run up to now.
        ledger: for what comes.
        reservations: the run's.
    """

    def __init__(
        self, run: str, limits: Limits, history: History, ledger: Ledger, reservations: Reservations
    ) -> None:
        super().__init__(limits, history.spent)
        self._run = run
        self._ledger = ledger
        self._rows = reservations
        self._last = history.last
        self._key: ContextVar[str] = ContextVar("call", default=_ELSE)
        self._attempts = 0
        self._held: dict[int, tuple[str, int]] = {}
        """By the reservation's identity: key and attempt."""
        limited = (limits.tokens, limits.usd, limits.calls)
        self._limited = any(limit is not None for limit in limited)

    def about(self, key: str) -> None:
        """See `Budget`. What an earlier, killed attempt at the same call had reserved is given back."""
        self._key.set(key)
        if self._limited:
            self._rows.drop(key)

    def noted(self, key: str) -> None:
        """See `Budget`."""
        if self._limited:
            self._rows.drop(key)

    def reserve(self, tokens: int, usd: float, *, elapsed: float = 0.0) -> Reservation:
        """See `Budget`.

        Raises:
            LimitReached: a limit does not leave that much, counting what other processes reserved.
            StorageFailure: the database cannot be used.
        """
        wanted = Reservation(tokens=tokens, usd=usd)
        self.check_time(elapsed)
        if self._limited:
            self._attempts += 1
            place = (self._key.get(), self._attempts)
            self._refresh(self._ledger.entries(self._run, after=self._last))
            self._rows.add(*place, wanted, lambda held: self._check(wanted, self._spent, held))
            self._held[id(wanted)] = place
        self._reserved.append(wanted)
        return wanted

    def settle(self, reservation: Reservation, usage: Usage, usd: float) -> None:
        """See `Budget`; the row stays, with the real cost, until the ledger has it."""
        place = self._forget(reservation)
        if place is not None:
            self._rows.change(*place, Reservation(tokens=usage.total, usd=usd))

    def charge(self, usage: Usage, usd: float) -> None:
        """Nothing: the ledger, which is about to be told, is what counts."""

    def release(self, reservation: Reservation) -> None:
        """See `Budget`."""
        place = self._forget(reservation)
        if place is not None:
            self._rows.drop(*place)

    def _forget(self, reservation: Reservation) -> tuple[str, int] | None:
        self._reserved[:] = [one for one in self._reserved if one is not reservation]
        return self._held.pop(id(reservation), None)

    def _refresh(self, entries: Iterable[Entry]) -> None:
        spent = self._spent
        for entry in entries:
            self._last = entry.seq
            if isinstance(entry.event, ModelCalled) and entry.event.source == "model":
                spent = Spent(
                    usage=spent.usage + entry.event.usage,
                    usd=spent.usd + entry.event.usd,
                    seconds=spent.seconds,
                    calls=spent.calls + 1,
                )
        self._spent = spent
