"""What an organisation may still use: counted before a run begins, so that it fails closed."""

import time
from collections.abc import Callable, Sequence

from makery.app.meter import Meter
from makery.app.refusals import QuotaReached
from makery.app.shown import as_it_stands
from makery.kernel.budget import Limits
from makery.kernel.events import Entry
from makery.store.access import Access, Quota
from makery.store.ownership import OwnedRun, Ownership

DAY = 86_400.0
_ASK = "Wait until it is renewed, or ask the server's operator for more."


class Quotas:
    """Compares what an organisation's runs used, and may still use, with its quota.

    A month is the last 30 days and a day the last 24 hours: nothing is renewed all at once.

    Args:
        access: knows the quotas.
        ownership: knows whose runs are whose.
        read: a run's entries after a number.
        clock: Unix time in seconds.
    """

    def __init__(
        self,
        access: Access,
        ownership: Ownership,
        read: Callable[[str, int], Sequence[Entry]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._access = access
        self._ownership = ownership
        self._read = read
        self._clock = clock

    def room(self, organisation: str, *, apart_from: str = "") -> Limits:
        """The most that one more run may use; the run `apart_from` is not counted.

        A run under way counts with its limit, for it may still use that much.

        Raises:
            QuotaReached: no further run may begin now.
        """
        known = self._access.organisation(organisation)
        quota = known.quota if known else Quota()
        if quota == Quota():
            return Limits()
        runs = self._ownership.since(organisation, self._clock() - 30 * DAY)
        # A run whose process died uses nothing more.
        runs = tuple(
            run.model_copy(update={"record": as_it_stands(run.record)})
            for run in runs
            if run.record.id != apart_from
        )
        self._check_counts(quota, runs)
        used = [self._bound(run) for run in runs]
        tokens = _left(quota.tokens_per_month, sum(tokens for tokens, _ in used), "tokens")
        return Limits(
            tokens=None if tokens is None else int(tokens),
            usd=_left(quota.usd_per_month, sum(usd for _, usd in used), "US dollars"),
        )

    def used(self, run: str, *, running: bool = False) -> tuple[int, float]:
        """Tokens and USD that a run has used."""
        noted = None if running else self._ownership.used(run)
        if noted is not None:
            return noted
        total = Meter(entry.event for entry in self._read(run, 0)).total
        if not running:
            self._ownership.note_used(run, total.usage.total, total.usd)
        return total.usage.total, total.usd

    def _check_counts(self, quota: Quota, runs: Sequence[OwnedRun]) -> None:
        running = sum(run.record.status == "running" for run in runs)
        today = sum(run.record.created >= self._clock() - DAY for run in runs)
        if quota.concurrent_runs is not None and running >= quota.concurrent_runs:
            raise QuotaReached(
                f"{running} runs are under way; the quota allows {quota.concurrent_runs} at a time.",
                remedy="Wait for one to end, or cancel one.",
            )
        if quota.runs_per_day is not None and today >= quota.runs_per_day:
            raise QuotaReached(
                f"{today} runs were begun in the last 24 hours; the quota allows {quota.runs_per_day}.",
                remedy=_ASK,
            )

    def _bound(self, run: OwnedRun) -> tuple[int, float]:
        running = run.record.status == "running"
        tokens, usd = self.used(run.record.id, running=running)
        if running:
            limits = run.record.limits
            tokens, usd = max(tokens, limits.tokens or 0), max(usd, limits.usd or 0.0)
        return tokens, usd


def _left(quota: float | None, used: float, unit: str) -> float | None:
    if quota is None:
        return None
    if used >= quota:
        raise QuotaReached(
            f"The quota of {quota:g} {unit} in 30 days is used up or promised to runs under way.", remedy=_ASK
        )
    return quota - used
