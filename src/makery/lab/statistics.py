"""The few statistics of a comparison, exact where that is possible."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p of McNemar's test: how likely so uneven a split of the pairs is by chance.

    Source: McNemar, Psychometrika 12 (1947); the binomial form needs no minimal number of pairs.
    """
    pairs = wins + losses
    if not pairs:
        return 1.0
    tail = sum(math.comb(pairs, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / 2**pairs)


def bootstrap(differences: Sequence[float], *, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The percentile interval of the mean of paired differences, one for each task; tasks are drawn anew."""
    if not differences:
        return Interval(0.0, 0.0)
    chance = random.Random(seed)  # noqa: S311 - no secret; the same file gives the same report
    count = len(differences)
    means = sorted(sum(chance.choices(differences, k=count)) / count for _ in range(resamples))
    return Interval(means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1])


def wilson(successes: int, trials: int) -> Interval:
    """Wilson's interval of a share. Source: Wilson, JASA 22 (1927)."""
    if not trials:
        return Interval(0.0, 1.0)
    z, share = 1.96, successes / trials
    scale = 1 + z**2 / trials
    middle = (share + z**2 / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
