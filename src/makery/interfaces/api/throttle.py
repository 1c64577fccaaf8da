"""How often and how much at once: counted in this process, for each key."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from makery.app.refusals import TooMany

_MOST_CALLERS = 10_000


class Rate:
    """A bucket of allowances for each caller, refilled steadily.

    Args:
        per_minute: how many a caller gets in a minute, and at most at once.
        clock: seconds.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, per_minute: int | None = None) -> None:
        """Use one allowance.

        Raises:
            TooMany: there is none left; says when there will be.
        """
        most = float(self._per_minute if per_minute is None else per_minute)
        now = self._clock()
        left, then = self._buckets.pop(caller, (most, now))
        left = min(most, left + (now - then) * most / 60)
        self._buckets[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooMany(
                f"More than {most:g} requests in a minute.",
                retry_after=(1 - left) * 60 / most,
                remedy="Slow down; Retry-After says when to ask again.",
            )


class OpenStreams:
    """Counts what each caller has open.

    Args:
        most: how many a caller may have open.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def total(self) -> int:
        """How many are open."""
        return self._open.total()

    def check(self, caller: str) -> None:
        """Refuse one more if the caller has enough.

        Raises:
            TooMany: so it is.
        """
        if self._open[caller] >= self._most:
            raise TooMany(
                f"{self._most} streams are open already.", retry_after=5, remedy="Close one of them first."
            )

    @contextmanager
    def one(self, caller: str) -> Iterator[None]:
        """Count one while the block lasts."""
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
