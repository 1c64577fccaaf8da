"""One candidate program on its way: drafted, run, mended from exact failures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from makery.kernel.documents import CodeReview, Dependencies, SourceCode, TestReport
from makery.teams import acts
from makery.teams.plan import Plan, Result
from makery.teams.planning import Documents

EXISTING_FILES = "each file that has to change"


@dataclass(frozen=True)
class Candidate:
    """A program, the evidence it was run with, and what that showed."""

    number: int
    program: tuple[str, ...]
    """Ids of the messages that hold its files."""
    evidence: tuple[str, ...]
    """Ids of suites, rulings and packages."""
    report: Result[TestReport]
    dropped: frozenset[str] = frozenset()
    """Checks that were ruled to be wrong."""

    @property
    def passed(self) -> frozenset[str]:
        """Passed checks that count."""
        return self.report.artifact.passed - self.dropped

    @property
    def failed(self) -> list[str]:
        """Failed checks that count, in the order they ran."""
        return [result.check for result in self.report.artifact.failed if result.check not in self.dropped]

    @property
    def broken(self) -> int:
        """How many fatal static findings it has."""
        return sum(finding.fatal for finding in self.report.artifact.findings)

    @property
    def clean(self) -> bool:
        """Nothing that counts is wrong with it."""
        return not self.failed and not self.broken

    @property
    def score(self) -> tuple[int, int, int]:
        """Larger is better; of equals the earlier candidate wins."""
        return (-self.broken, len(self.passed), -self.number)

    def improves(self, other: "Candidate") -> bool:
        """Better in something, and no passed check of the other is lost."""
        gains = len(self.passed) > len(other.passed) or self.broken < other.broken
        return gains and self.passed >= other.passed and self.broken <= other.broken


def drafted(plan: Plan, start: str, documents: Documents, number: int, *, change: bool) -> list[str] | None:
    """Ids of a candidate's files, or None while one is missing."""
    if documents.plan is None:
        paths = EXISTING_FILES if change else ""
        whole = plan.need(acts.write_code([start], number, paths=paths), SourceCode)
        return [whole.id] if whole else None
    written: dict[str, str] = {}
    tasks = documents.plan.artifact.tasks
    for task in tasks:
        if all(path in written for path in task.depends_on):
            inputs = (start, documents.design, documents.plan.id, *(written[p] for p in task.depends_on))
            file = plan.need(acts.write_code(inputs, number, path=task.path), SourceCode)
            if file:
                written[task.path] = file.id
    return list(written.values()) if len(written) == len(tasks) else None


def examined(
    plan: Plan, start: str, number: int, program: Sequence[str], evidence: Sequence[str]
) -> Candidate | None:
    """The candidate with its report; packages are looked up if an import does not resolve."""
    report = plan.need(acts.run_code(start, program, evidence), TestReport)
    if report is None:
        return None
    if any(finding.rule == "import" for finding in report.artifact.findings):
        packages = plan.need(acts.find_packages(start, program), Dependencies)
        if packages is None:
            return None
        if packages.artifact.packages:
            evidence = (*evidence, packages.id)
            report = plan.need(acts.run_code(start, program, evidence), TestReport)
    return Candidate(number, tuple(program), tuple(evidence), report) if report else None


def mended(
    plan: Plan, start: str, candidate: Candidate, *, first: int, repairs: int, review: bool
) -> Candidate | None:
    """The best that `repairs` attempts make of a candidate, or None while one is under way.

    Each attempt takes one failure; a check that was tried twice in vain is answered by writing the
    program anew. A repair that loses a passed check, or gains nothing, is thrown away.
    """
    best = candidate
    tried: dict[str, int] = {}
    for attempt in range(first, first + repairs):
        if best.clean:
            break
        check = min(best.failed, key=lambda name: tried.get(name, 0)) if not best.broken else ""
        tried[check] = tried.get(check, 0) + 1
        opinion = plan.need(acts.review_code(start, best.program), CodeReview) if review else None
        if review and opinion is None:
            return None
        inputs = (start, *best.program, *best.evidence, best.report.id, *([opinion.id] if opinion else []))
        way = "rewrite" if tried[check] > 2 else "patch"
        repair = plan.need(acts.debug(inputs, check=check, attempt=attempt, way=way), SourceCode)
        if repair is None:
            return None
        if repair.artifact.note:  # the answer was unusable, so nothing changed
            continue
        attempted = examined(plan, start, best.number, [repair.id], best.evidence)
        if attempted is None:
            return None
        attempted = replace(attempted, dropped=best.dropped)
        if attempted.improves(best):
            best = attempted
    return best
