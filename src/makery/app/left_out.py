"""The checks that a verdict leaves out or puts right, in a report: what each expected and saw, and why."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from makery.app.words import Words
from makery.kernel.documents import Check, CheckResult, Requirement, Ruling, TestReport
from makery.kernel.pool import Pool
from makery.kernel.verdict import Verdict
from makery.skills.steps import failed_step, steps_until

Lines = Iterator[str]


def left_out(
    verdict: Verdict, requirement: Requirement, checks: Sequence[Check], pool: Pool, words: Words
) -> Lines:
    """The lines of the sections; none if every check counts in full."""
    known = {check.id: check for check in checks}
    quotes = {clause.id: clause.text for clause in requirement.clauses}
    for title in ("dropped", "shortened", "corrected"):
        names: tuple[str, ...] = getattr(verdict, title)
        if not names:
            continue
        reason = words["reason_corrected" if title == "corrected" else "reason"]
        yield f"## {words[title]}\n"
        for name in names:
            check = known.get(name)
            clauses = [id_ for id_ in (check.clauses if check else ()) if id_ in quotes]
            about = "; ".join(f"{id_} “{' '.join(quotes[id_].split())}”" for id_ in clauses)
            yield f"### {name}: {about}\n" if about else f"### {name}\n"
            yield from _story(check, _ruling(name, pool), pool, words, reason)


def _story(check: Check | None, ruling: Ruling | None, pool: Pool, words: Words, reason: str) -> Lines:
    """Steps, expectation, what came, and the reason."""
    if check is None:
        return
    if ruling is None:
        # Only a repository's own tests are left out without a ruling of the run.
        yield f"{reason}: {words['failed_before']}\n"
        return
    result = _result(check.id, ruling, pool)
    yield f"{words['steps']}:\n"
    yield from _indented(steps_until(check.code, ruling.line))
    expected, got = _claim(check, ruling, result)
    if expected:
        yield f"{words['expected']}:\n"
        yield from _indented(expected)
    if got:
        yield f"{words['gave']}:\n"
        yield from _indented(got)
    votes = words["votes"].format(votes_for=ruling.votes_for, votes_against=ruling.votes_against)
    yield f"{reason}: {' '.join(ruling.reason.split())} ({votes})\n"


def _indented(text: str) -> Iterable[str]:
    # Not a fence: what a model wrote could close it.
    return (*(f"    {line}".rstrip() for line in text.splitlines()), "")


def _ruling(check: str, pool: Pool) -> Ruling | None:
    """The one that took most of the check away."""
    against = [one for one in pool.artifacts(Ruling) if one.check == check and not one.upheld]
    return min(against, key=lambda ruling: ruling.line, default=None)


def _result(check: str, ruling: Ruling, pool: Pool) -> CheckResult | None:
    """The failure that the ruling was about."""
    failures = [
        result for report in pool.artifacts(TestReport) for result in report.failed if result.check == check
    ]
    about = [result for result in failures if ruling.line in (0, result.line)]
    return (about or failures or [None])[-1]


def _claim(check: Check, ruling: Ruling, result: CheckResult | None) -> tuple[str, str]:
    """What the check said should be, and what the program gave; '' for what is not known."""
    message = result.message if result else ""
    statement, _, explanation = message.partition("\n")
    step = failed_step(check.code, ruling.line)
    claim = step if isinstance(step, ast.Assert) else _assertion(statement)
    if claim is None:
        return "", message
    seen = next(filter(None, map(_assertion, explanation.splitlines())), None)
    sides, given = _sides(claim), _sides(seen)
    if sides is None:
        return ast.unparse(claim.test), explanation or message
    return sides[1], given[0] if given else explanation or message


def _assertion(line: str) -> ast.Assert | None:
    try:
        parsed = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        return None
    return parsed[0] if len(parsed) == 1 and isinstance(parsed[0], ast.Assert) else None


def _sides(claim: ast.Assert | None) -> tuple[str, str] | None:
    """Both sides of an assertion of equality."""
    test = claim.test if claim else None
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    return ast.unparse(test.left), ast.unparse(test.comparators[0])
