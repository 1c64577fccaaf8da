"""Budgets that fail closed: what a call may cost is reserved before it is made."""

from collections.abc import Sequence

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Usage
from makery.kernel.errors import LimitReached


class Limits(Frozen):
    """What a run may use; None is no limit."""

    tokens: int | None = None
    """Prompt and completion tokens together."""
    usd: float | None = None
    seconds: float | None = None
    """Wall clock, over all sittings of the run."""
    calls: int | None = None


class Spent(Frozen):
    """What a run has used so far, over all its sittings."""

    usage: Usage = Usage()
    usd: float = 0.0
    seconds: float = 0.0
    calls: int = 0


class Reservation(Frozen):
    """The most that a call about to be made can cost."""

    tokens: int
    usd: float


class Budget:
    """Counts what is spent and reserved, and refuses what would exceed a limit."""

    def __init__(self, limits: Limits, spent: Spent | None = None) -> None:
        self.limits = limits
        self._spent = spent or Spent()
        self._reserved: list[Reservation] = []

    @property
    def spent(self) -> Spent:
        """What was used; reservations are not in it."""
        return self._spent

    def about(self, key: str) -> None:
        """Be told what this task's next reservations are for. Nothing, where one process counts alone."""

    def noted(self, key: str) -> None:
        """Be told that the ledger has what that cost. Nothing, where one process counts alone."""

    def reserve(self, tokens: int, usd: float, *, elapsed: float = 0.0) -> Reservation:
        """Set aside the worst case of a call. `elapsed` is this sitting's time in seconds.

        Raises:
            LimitReached: a limit does not leave that much. Nothing is set aside then.
        """
        reservation = Reservation(tokens=tokens, usd=usd)
        self._check(reservation, self._spent, self._reserved)
        self.check_time(elapsed)
        self._reserved.append(reservation)
        return reservation

    def settle(self, reservation: Reservation, usage: Usage, usd: float) -> None:
        """Replace a reservation by what the call really cost."""
        self.release(reservation)
        self.charge(usage, usd)

    def charge(self, usage: Usage, usd: float) -> None:
        """Count a call that was made, and paid, before this budget was opened."""
        spent = self._spent
        self._spent = Spent(
            usage=spent.usage + usage,
            usd=spent.usd + usd,
            seconds=spent.seconds,
            calls=spent.calls + 1,
        )

    def count_recorded(self) -> None:
        """Count a call that a recording answers: nothing is paid for it, but it is one of `--max-calls`.

        Raises:
            LimitReached: the limit does not leave one more.
        """
        self._refuse("--max-calls", self.limits.calls, self._calls(self._reserved, self._spent), "calls")
        self.charge(Usage(), 0.0)

    def release(self, reservation: Reservation) -> None:
        """Give a reservation back: the call was never made."""
        self._reserved.remove(reservation)

    def check_time(self, elapsed: float) -> None:
        """Refuse to go on after the time limit. `elapsed` is this sitting's time in seconds.

        Raises:
            LimitReached: the wall clock limit is used up.
        """
        limit = self.limits.seconds
        if limit is not None and self._spent.seconds + elapsed >= limit:
            raise _reached("--max-minutes", f"{limit / 60:g} minutes are used up")

    def _check(self, wanted: Reservation, spent: Spent, held: Sequence[Reservation]) -> None:
        """Insist that the limits leave that much.

        Raises:
            LimitReached: they do not.
        """
        tokens = spent.usage.total + sum(r.tokens for r in held) + wanted.tokens
        usd = spent.usd + sum(r.usd for r in held) + wanted.usd
        self._refuse("--max-tokens", self.limits.tokens, tokens, "tokens")
        self._refuse("--max-usd", self.limits.usd, usd, "USD")
        self._refuse("--max-calls", self.limits.calls, self._calls(held, spent), "calls")

    @staticmethod
    def _calls(held: Sequence[Reservation], spent: Spent) -> int:
        return spent.calls + len(held) + 1

    @staticmethod
    def _refuse(option: str, limit: float | None, wanted: float, unit: str) -> None:
        if limit is not None and wanted > limit:
            raise _reached(option, f"the next call could bring it to {wanted:g} {unit} of {limit:g}")


def _reached(option: str, detail: str) -> LimitReached:
    return LimitReached(
        f"The limit {option} is reached: {detail}.",
        limit=option,
        remedy=f"Nothing is lost; continue with a larger {option}.",
    )
