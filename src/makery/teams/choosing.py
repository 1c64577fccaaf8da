"""Which of several independently written programs is gone on with, and when enough are written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from makery.kernel.documents import Behaviour, Requirement, TestReport, TestSuite
from makery.teams import acts
from makery.teams.candidate import Candidate, drafted, examined
from makery.teams.plan import Plan, Result
from makery.teams.planning import Documents


@dataclass(frozen=True)
class Choice:
    """What the programs are written from and judged by."""

    start: str
    requirement: Requirement
    documents: Documents
    suites: list[Result[TestSuite]] | None
    """None while QA is still writing."""
    width: int
    """Programs that are written side by side."""

    @property
    def most(self) -> int:
        """Programs at most. A single one is mended instead; one of many files is dear to write again."""
        if self.width == 1 or self.documents.plan:
            return self.width
        return self.width * (3 if self.compares else 2)

    @property
    def compares(self) -> bool:
        """Whether the programs' behaviour is compared: functions can be called with any input."""
        return self.requirement.target.kind == "module" and self.width > 1 and not self.requirement.seed


def chosen(plan: Plan, choice: Choice) -> Candidate | None:
    """The program to go on with, or None while that is open.

    Programs are written in waves until one is good enough; later waves differ more. The first that
    is found clean ends the search at once, except where behaviour is compared: there two have to agree.
    """
    found: list[Candidate] = []
    for first in range(0, choice.most, choice.width):
        ran = _run(plan, choice, range(first, first + choice.width))
        found += [candidate for candidate in ran if candidate]
        clean = [] if choice.compares else [candidate for candidate in found if candidate.clean]
        if clean:
            order = [message.id for message in plan.pool]
            # The first in the pool: work that has begun on one is not turned over to one found clean later.
            return _among(found, min(clean, key=lambda candidate: order.index(candidate.report.id)))
        if None in ran:
            return None
        if choice.compares:
            seen = [_observed(plan, choice, candidate) for candidate in found]
            found = [candidate for candidate in seen if candidate]
            if len(found) < len(seen):
                return None
        if _enough(found):
            break
    return _among(found, max(found, key=lambda candidate: _standing(candidate, found)))


def _enough(found: Sequence[Candidate]) -> bool:
    """One keeps every example and most checks or, where behaviour was seen, another agrees with it.

    What fails most checks is dearer to mend than to write again.
    """
    promising = [candidate for candidate in found if _promising(candidate)]
    if any(candidate.behaviour and candidate.behaviour.artifact.values for candidate in found):
        return any(_support(candidate, promising) for candidate in promising)
    return any(len(candidate.passed) >= len(candidate.failed) for candidate in promising)


def _promising(candidate: Candidate) -> bool:
    return not candidate.broken and not candidate.broken_examples


def _support(candidate: Candidate, found: Sequence[Candidate]) -> int:
    """How many others behave the same."""
    return sum(candidate.agrees(other) for other in found if other is not candidate)


def _standing(candidate: Candidate, found: Sequence[Candidate]) -> tuple[int, ...]:
    """Larger is better; of equals the earlier one wins."""
    support = _support(candidate, found)
    failures, passed = candidate.broken_examples, len(candidate.passed)
    return (-candidate.broken, -failures, support, -candidate.unanswered, passed, -candidate.number)


def _among(found: Sequence[Candidate], best: Candidate) -> Candidate:
    return replace(best, others=tuple(other for other in found if other is not best))


def _run(plan: Plan, choice: Choice, numbers: range) -> list[Candidate | None]:
    """Each program with its report, or None while that is missing."""
    change = bool(choice.requirement.seed)
    drafts = [drafted(plan, choice.start, choice.documents, number, change=change) for number in numbers]
    before = plan.need(acts.run_as_found(choice.start), TestReport) if change else None
    if choice.suites is None or (change and before is None):
        return [None for _ in drafts]
    evidence = [suite.id for suite in choice.suites]
    written = zip(numbers, drafts, strict=True)
    ran = [examined(plan, choice.start, n, draft, evidence) if draft else None for n, draft in written]
    old = frozenset(result.check for result in before.artifact.failed) if before else frozenset[str]()
    return [replace(candidate, dropped=old) if candidate else None for candidate in ran]


def _observed(plan: Plan, choice: Choice, candidate: Candidate) -> Candidate | None:
    """The candidate with its behaviour; one that cannot run has none."""
    if candidate.broken:
        return candidate
    seen = plan.need(acts.observe(choice.start, candidate.program, candidate.evidence), Behaviour)
    return replace(candidate, behaviour=seen) if seen else None
