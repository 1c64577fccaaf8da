"""The report on result files, as Markdown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from makery.lab.line import Line
from makery.lab.statistics import wilson
from makery.lab.summary import Comparison, Summary, compare, over_suites, summaries

_COLUMNS = ("", "configuration", "tasks", "solved", "95 %", "tests passed", "tokens/task", "tokens/solved")
_MORE = ("verified", "precision", "recall", "s/task", "not run")


def markdown(lines: Iterable[Line]) -> str:
    """The whole report: a table of configurations, verdicts, failures, paired comparisons."""
    found = summaries(lines)
    parts = ["# Evaluation", *_measured(found), *_failures(found), *_comparisons(found), *_provenance(found)]
    return "\n\n".join(parts) + "\n"


def _measured(found: Sequence[Summary]) -> Iterator[str]:
    rows = [_row(number, one) for number, one in enumerate(found, 1)]
    yield _table((*_COLUMNS, *_MORE), rows)
    plus = [(n, one) for n, one in enumerate(found, 1) if one.configuration.suite.endswith("_plus")]
    if plus:
        rows = [(f"{n}", f"{one.base_solved} ({_percent(_rate(one.base_solved, one))})") for n, one in plus]
        yield "Of the plus sets, the same programs judged by the tests of the set without plus:"
        yield _table(("", "solved"), rows)
    yield from _groups(found)
    whole = over_suites(found)
    if whole:
        yield "The same over all its suites:"
        yield _table((*_COLUMNS, *_MORE), [_row(0, one) for one in whole])


def _groups(found: Sequence[Summary]) -> Iterator[str]:
    rows = [
        (f"{n}", name, f"{solved}", _percent(fraction))
        for n, one in enumerate(found, 1)
        for name, (solved, fraction) in one.groups.items()
    ]
    if rows:
        yield _table(("", "difficulty", "solved", "tests passed"), rows)


def _row(number: int, one: Summary) -> tuple[str, ...]:
    between = wilson(one.solved, len(one.lines))
    return (
        f"{number or ''}",
        one.configuration.name,
        f"{len(one.lines)}{_subset(one)}",
        f"{one.solved} ({_percent(one.rate)})",
        f"{100 * between.low:.0f}–{100 * between.high:.0f}",
        _percent(one.fraction),
        _whole(one.tokens_per_task),
        _whole(one.tokens_per_solved),
        f"{one.verified}",
        _percent(one.precision),
        _percent(one.recall),
        _whole(one.seconds),
        f"{one.not_run}",
    )


def _subset(one: Summary) -> str:
    sizes = {line.subset for line in one.lines}
    size = sizes.pop() if len(sizes) == 1 else None
    return f" (first {size} by SHA-1)" if size else ""


def _failures(found: Sequence[Summary]) -> Iterator[str]:
    failures = [one.failures for one in found]
    if any(failures):
        yield "## Why tasks were not solved"
        yield _counted(failures)
    errors = [one.errors for one in found]
    if any(errors):
        yield "Runs that an error or a limit ended, by its kind:"
        yield _counted(errors)


def _counted(each: Sequence[Counter[str]]) -> str:
    """A row of counts for each configuration."""
    kinds = sorted({kind for one in each for kind in one})
    rows = [(f"{n}", *(f"{one[kind]}" for kind in kinds)) for n, one in enumerate(each, 1)]
    return _table(("", *kinds), rows)


def _comparisons(found: Sequence[Summary]) -> Iterator[str]:
    pairs = [
        (a, b, compare(one, other))
        for (a, one), (b, other) in combinations(enumerate(found, 1), 2)
        if one.configuration.suite == other.configuration.suite
    ]
    rows = [_pair(a, b, done) for a, b, done in pairs if done.pairs]
    if rows:
        yield "## Paired comparisons, on the tasks that both have"
        yield _table(
            ("second against first", "pairs", "wins", "losses", "p (exact McNemar)", "difference (95 %)"),
            rows,
        )


def _pair(a: int, b: int, done: Comparison) -> tuple[str, ...]:
    low, high = 100 * done.interval.low, 100 * done.interval.high
    return (
        f"{b} against {a}",
        f"{done.pairs}",
        f"{done.wins}",
        f"{done.losses}",
        f"{done.p:.3f}",
        f"{100 * done.difference:+.1f} points ({low:+.1f} to {high:+.1f})",
    )


def _provenance(found: Sequence[Summary]) -> Iterator[str]:
    rows = [
        (f"{n}", *(", ".join(sorted(values)) for values in _versions(one))) for n, one in enumerate(found, 1)
    ]
    yield "## What was measured"
    yield _table(("", "makery", "commit", "prompts", "seeds"), rows)


def _versions(one: Summary) -> tuple[set[str], ...]:
    return (
        {line.makery for line in one.lines},
        {line.commit or "?" for line in one.lines},
        {line.prompts for line in one.lines},
        {f"{line.configuration.seed + line.sample}" for line in one.lines},
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell or ' ' for cell in line)} |" for line in lines)


def _rate(part: int, one: Summary) -> float | None:
    return part / len(one.lines) if one.lines else None


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _whole(number: float | None) -> str:
    return "–" if number is None else f"{number:,.0f}"
