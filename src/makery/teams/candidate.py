"""One candidate program on its way: drafted, run, mended from exact failures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from makery.kernel.documents import (
    Behaviour,
    CheckResult,
    CodeReview,
    Dependencies,
    Ruling,
    SourceCode,
    TestReport,
)
from makery.teams import acts
from makery.teams.plan import Plan, Result
from makery.teams.planning import Documents

EXISTING_FILES = "each file that has to change"


@dataclass(frozen=True)
class Effort:
    """How much is spent on mending a program."""

    rounds: int
    width: int = 1
    """Repairs that are tried side by side in a round."""
    first: int = 0
    """Number of the first round: every round of a run has its own."""
    review: bool = False
    """Whether a code review goes with each repair."""


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
    """Checks that do not count: they failed before the change already."""
    behaviour: Result[Behaviour] | None = None
    others: tuple["Candidate", ...] = ()
    """The independently written programs as they were when this one was chosen among them."""
    upheld: frozenset[tuple[str, int]] = frozenset()
    """Checks that were ruled to be right, each with the line that the ruling is about."""

    @property
    def passed(self) -> frozenset[str]:
        """Passed checks that count."""
        return self.report.artifact.passed - self.dropped

    @property
    def failed(self) -> list[str]:
        """Failed checks that count, in the order they ran."""
        return [result.check for result in self.report.artifact.failed if result.check not in self.dropped]

    @property
    def disputed(self) -> list[str]:
        """Failed checks that nothing else speaks for: no ruling, no other program that passes them."""
        failed = set(self.failed).difference(*(other.report.artifact.passed for other in self.others))
        return [
            result.check
            for result in self.report.artifact.failed
            if result.check in failed and (result.check, result.line) not in self.upheld
        ]

    def witnesses(self, check: str) -> int:
        """How many independently written programs give the same other value as this one."""
        mine = next(result for result in self.report.artifact.failed if result.check == check)
        reports = (other.report.artifact for other in self.others)
        theirs = (result for report in reports for result in report.failed if result.check == check)
        return sum(_value(result) == _value(mine) for result in theirs)

    def ruled(self, rulings: Sequence[Result[Ruling]]) -> "Candidate":
        """The candidate in the light of rulings on what it fails."""
        right = ((r.artifact.check, r.artifact.line) for r in rulings if r.artifact.upheld)
        evidence = (*self.evidence, *(ruling.id for ruling in rulings))
        return replace(self, evidence=evidence, upheld=self.upheld.union(right))

    def rerun(self, result: "Candidate") -> "Candidate":
        """A later result of the same program or of its repair; what was found about the checks holds on."""
        return replace(result, dropped=self.dropped, others=self.others, upheld=self.upheld)

    @property
    def broken(self) -> int:
        """How many fatal static findings it has."""
        return sum(finding.fatal for finding in self.report.artifact.findings)

    @property
    def broken_examples(self) -> int:
        """How many of the requirement's own examples it does not keep."""
        return sum(check.startswith("E_") for check in self.failed)

    @property
    def clean(self) -> bool:
        """Nothing that counts is wrong with it."""
        return not self.failed and not self.broken

    @property
    def score(self) -> tuple[int, int, int]:
        """Larger is better; of equals the earlier candidate wins."""
        return (-self.broken, len(self.passed), -self.number)

    def agrees(self, other: "Candidate") -> bool:
        """Both were observed and did the same."""
        if self.behaviour is None or other.behaviour is None:
            return False
        return self.behaviour.artifact.agrees(other.behaviour.artifact)

    @property
    def unanswered(self) -> int:
        """Calls in which it was observed and raised where the requirement knows no errors."""
        return self.behaviour.artifact.unanswered if self.behaviour else 0

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
    plan: Plan,
    start: str,
    candidate: Candidate,
    effort: Effort,
    judged: Callable[[Candidate], Candidate | None],
) -> Candidate | None:
    """The best that rounds of repairs make of a candidate, or None while one is under way.

    What fails is `judged` before it is mended: a repair that follows a wrong check makes a right program
    wrong where no other check looks. A round then tries several failures side by side, each repair on its
    own; the best one that loses no passed check is kept, the others are thrown away.
    """
    best = candidate
    tried: dict[str, int] = {}
    for turn in range(effort.first, effort.first + effort.rounds):
        fair = judged(best)
        if fair is None:
            return None
        best = fair
        if best.clean:
            break
        opinion = plan.need(acts.review_code(start, best.program), CodeReview) if effort.review else None
        if effort.review and opinion is None:
            return None
        extra = [opinion.id] if opinion else []
        inputs = (start, *best.program, *best.evidence, best.report.id, *extra)
        asked = [
            acts.debug(inputs, check=check, attempt=turn * effort.width + n, tries=tries)
            for n, (check, tries) in enumerate(_targets(best, tried, effort.width))
        ]
        repairs = plan.need_all(asked, SourceCode)
        if repairs is None:
            return None
        changed = [repair.id for repair in repairs if not repair.artifact.note]
        results = [examined(plan, start, best.number, [program], best.evidence) for program in changed]
        done = [best.rerun(result) for result in results if result]
        if len(done) < len(changed):
            return None
        best = max((b for b in done if b.improves(best)), key=lambda b: b.score, default=best)
    return best


def _targets(best: Candidate, tried: dict[str, int], width: int) -> list[tuple[str, int]]:
    """The failures to try now, those tried least first, each with how often it was tried.

    '' stands for the static findings, which come before any check.
    """
    names = [""] * width if best.broken else sorted(best.failed, key=lambda name: tried.get(name, 0))
    chosen: list[tuple[str, int]] = []
    for name in names[:width]:
        tried[name] = tried.get(name, 0) + 1
        chosen.append((name, tried[name]))
    return chosen


def _value(result: CheckResult) -> tuple[int, list[str]]:
    """Where a check failed and on which value."""
    return result.line, result.message.splitlines()[:2]
