"""What lines of one configuration, or of two, say together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from makery.lab.line import Configuration, Line
from makery.lab.statistics import Interval, bootstrap, mcnemar


@dataclass(frozen=True)
class Summary:
    """One configuration. Shares are between 0 and 1; None where there is nothing to divide by."""

    configuration: Configuration
    lines: tuple[Line, ...]
    """Those whose tests could be run."""
    not_run: int

    @property
    def solved(self) -> int:
        """Lines that passed all hidden tests."""
        return sum(bool(line.solved) for line in self.lines)

    @property
    def base_solved(self) -> int:
        """Lines that passed the tests of the set without "plus"."""
        return sum(bool(line.base_solved) for line in self.lines)

    @property
    def rate(self) -> float | None:
        """Share of solved lines."""
        return _share(self.solved, len(self.lines))

    @property
    def fraction(self) -> float | None:
        """Mean share of hidden tests that passed."""
        return fmean(line.fraction for line in self.lines) if self.lines else None

    @property
    def tokens(self) -> int:
        """Prompt and completion of all lines."""
        return sum(line.tokens.total for line in self.lines)

    @property
    def tokens_per_task(self) -> float | None:
        """Mean."""
        return _share(self.tokens, len(self.lines))

    @property
    def tokens_per_solved(self) -> float | None:
        """All tokens, those of failures included, for each solved line."""
        return _share(self.tokens, self.solved)

    @property
    def verified(self) -> int:
        """Lines whose own verdict is `verified`."""
        return sum(line.verified for line in self.lines)

    @property
    def truly_verified(self) -> int:
        """Lines that are verified and solved."""
        return sum(line.verified and bool(line.solved) for line in self.lines)

    @property
    def precision(self) -> float | None:
        """Of the verified ones, the share that is solved."""
        return _share(self.truly_verified, self.verified)

    @property
    def recall(self) -> float | None:
        """Of the solved ones, the share that is verified."""
        return _share(self.truly_verified, self.solved)

    @property
    def seconds(self) -> float | None:
        """Mean of the lines that no cache helped."""
        live = [line.seconds for line in self.lines if not line.from_cache]
        return fmean(live) if live else None

    @property
    def groups(self) -> dict[str, tuple[int, float]]:
        """How many are solved, and the mean share of passed tests, by the tasks' difficulty."""
        names = [
            name for name in ("easy", "medium", "hard") if any(line.group == name for line in self.lines)
        ]
        of = {name: [line for line in self.lines if line.group == name] for name in names}
        return {
            name: (sum(bool(one.solved) for one in of[name]), fmean(one.fraction for one in of[name]))
            for name in names
        }

    @property
    def failures(self) -> Counter[str]:
        """Unsolved lines by class."""
        return Counter(line.failure for line in self.lines if not line.solved)

    @property
    def errors(self) -> Counter[str]:
        """Runs that an error or a limit ended, by its kind."""
        return Counter(line.error for line in self.lines if line.error)


@dataclass(frozen=True)
class Comparison:
    """Two configurations on the tasks that both have, in the same samples."""

    first: Configuration
    second: Configuration
    pairs: int
    wins: int
    """The second solves what the first does not."""
    losses: int
    p: float
    difference: float
    """Solved share of the second less that of the first."""
    interval: Interval


def summaries(lines: Iterable[Line]) -> tuple[Summary, ...]:
    """One for each configuration, in the order of their first lines."""
    grouped: dict[Configuration, list[Line]] = {}
    for line in lines:
        grouped.setdefault(line.configuration, []).append(line)
    return tuple(
        Summary(configuration, tuple(one for one in group if one.solved is not None), _untested(group))
        for configuration, group in grouped.items()
    )


def compare(first: Summary, second: Summary) -> Comparison:
    """The second against the first. Tasks are compared only if requirement and tests are the same."""
    one = {(line.id, line.task, line.sample): bool(line.solved) for line in first.lines}
    other = {(line.id, line.task, line.sample): bool(line.solved) for line in second.lines}
    common = [key for key in one if key in other]
    wins = sum(other[key] and not one[key] for key in common)
    losses = sum(one[key] and not other[key] for key in common)
    by_task: dict[str, list[int]] = {}
    for key in common:
        by_task.setdefault(key[0], []).append(other[key] - one[key])
    return Comparison(
        first=first.configuration,
        second=second.configuration,
        pairs=len(common),
        wins=wins,
        losses=losses,
        p=mcnemar(wins, losses),
        difference=(wins - losses) / len(common) if common else 0.0,
        interval=bootstrap([fmean(values) for values in by_task.values()]),
    )


def over_suites(found: Iterable[Summary]) -> tuple[Summary, ...]:
    """Where the same was measured on more than one suite: all lines of it together."""
    grouped: dict[Configuration, list[Summary]] = {}
    for one in found:
        key = one.configuration.model_copy(update={"suite": "all"})
        grouped.setdefault(key, []).append(one)
    return tuple(
        Summary(key, tuple(line for one in group for line in one.lines), sum(one.not_run for one in group))
        for key, group in grouped.items()
        if len(group) > 1
    )


def _untested(lines: Sequence[Line]) -> int:
    return sum(line.solved is None for line in lines)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
