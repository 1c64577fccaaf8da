"""The software company: a requirement in, a judged program out.

`direct` is one engineer; `duo` adds a QA engineer who writes checks from the requirement alone;
`company` adds the planners in front. All three are the same protocol with parts left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from makery.kernel.act import Act
from makery.kernel.documents import (
    AS_FOUND,
    Behaviour,
    Delivery,
    Dependencies,
    MutationReport,
    Requirement,
    Ruling,
    SourceCode,
    TestReport,
    TestSuite,
)
from makery.kernel.errors import ContractViolation
from makery.kernel.pool import Pool
from makery.kernel.skill import Inputs
from makery.kernel.team import Team
from makery.kernel.verdict import Verdict
from makery.roles.registry import load_roles
from makery.skills.program import assembled, declaring, with_seed
from makery.skills.registry import load_skills
from makery.teams import acts
from makery.teams.candidate import Candidate, Effort, examined, mended
from makery.teams.choosing import Choice, chosen
from makery.teams.plan import Plan, Result
from makery.teams.planning import Documents, planned

Mode = Literal["direct", "duo", "company"]

MOST_DISPUTES = 6
"""More failed checks than this speak against the program, not the checks."""


@dataclass(frozen=True)
class SoftwareCompany:
    """The protocol. Everything that does not wait for each other runs at once."""

    mode: Mode
    candidates: int = 1
    """Programs that are written independently."""
    one_suite: bool = False
    """Whether QA first writes the checks of all clauses in one answer."""
    rounds: int = 1
    """Rounds of repairs beyond the first, each time that checks were written."""

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """See `kernel.protocol.Protocol`."""
        plan = Plan(pool)
        self._deliver(plan)
        # The longest acts first: the whole waits for them.
        return sorted(plan.ready, key=lambda act: act.skill != "write_code")

    def finished(self, pool: Pool) -> bool:
        """A delivery is the end."""
        return pool.latest(Delivery) is not None

    def _deliver(self, plan: Plan) -> None:
        start, requirement = _start(plan.pool)
        suites = self._checks(plan, start, requirement)
        documents = planned(plan, start) if self.mode == "company" else Documents()
        best = self._program(plan, start, requirement, documents, suites) if documents else None
        before = plan.need(acts.run_as_found(start), TestReport) if requirement.seed else None
        if best is None or documents is None or (requirement.seed and before is None):
            return
        mutation = plan.need(
            acts.challenge(start, best.program, best.evidence, best.report.id), MutationReport
        )
        compared = _compared(plan, start, best)
        if mutation is None or compared is None:
            return
        evidence = [*([before.id] if before else []), *best.evidence]
        shown = [*compared, best.report.id, mutation.id]
        verdict = plan.need(acts.judge(start, evidence, shown), Verdict)
        if verdict:
            plan.need(acts.deliver(start, best.program, documents.ids, verdict.id), Delivery)

    def _checks(self, plan: Plan, start: str, requirement: Requirement) -> list[Result[TestSuite]] | None:
        """QA's suites, one for each clause or one for all; written while others plan and code."""
        if self.mode == "direct":
            return []
        if self.one_suite:
            return plan.need_all([acts.write_test_suite(start)], TestSuite)
        return plan.need_all([acts.write_test(start, c.id) for c in requirement.behaviour], TestSuite)

    def _program(
        self,
        plan: Plan,
        start: str,
        requirement: Requirement,
        documents: Documents,
        suites: list[Result[TestSuite]] | None,
    ) -> Candidate | None:
        """The best program after repairs, disputes and a second round of checks."""
        width = self.candidates if self.mode != "direct" else 1
        best = chosen(plan, Choice(start, requirement, documents, suites, width))
        if best is None or suites is None or self.mode == "direct":
            return best
        best = self._settled(plan, start, suites, best, first=0)
        if best is None:
            return None
        missing = _unproved(requirement, suites, best)
        if not missing:
            return best
        asked = [acts.write_test(start, c, turn=1, earlier=_of(suites, c)) for c in missing]
        more = plan.need_all(asked, TestSuite)
        if more is None:
            return None
        evidence = [*best.evidence, *(suite.id for suite in more)]
        again = examined(plan, start, best.number, best.program, evidence)
        if again is None:
            return None
        return self._settled(plan, start, [*suites, *more], best.rerun(again), first=1 + self.rounds)

    def _settled(
        self, plan: Plan, start: str, suites: list[Result[TestSuite]], candidate: Candidate, *, first: int
    ) -> Candidate | None:
        """The candidate mended for every failure that holds against the requirement."""
        effort = Effort(1 + self.rounds, self.candidates, first, review=self.mode == "company")
        return mended(plan, start, candidate, effort, lambda best: _judged(plan, start, suites, best))


def _compared(plan: Plan, start: str, best: Candidate) -> list[str] | None:
    """Ids of what the independent programs do and, last, of what the delivered one does.

    It is asked what they were asked: the calls come from the checks, which rulings and later ones change.
    """
    others = [other.behaviour.id for other in best.others if other.behaviour]
    if not others:
        return []
    theirs = {piece for other in best.others for piece in other.evidence}
    packages = {piece for piece in best.evidence if isinstance(plan.pool[piece].artifact, Dependencies)}
    evidence = [piece for piece in best.evidence if piece in theirs | packages]
    final = plan.need(acts.observe(start, best.program, evidence), Behaviour)
    return [*others, final.id] if final else None


def _judged(
    plan: Plan, start: str, suites: list[Result[TestSuite]], candidate: Candidate
) -> Candidate | None:
    """The candidate run without what is ruled to be wrong in the failed checks of QA.

    A program that cannot run shows nothing about its checks.
    """
    written = {check.id for suite in suites for check in suite.artifact.checks}
    disputed = [check for check in candidate.disputed if check in written]
    if candidate.broken or len(disputed) > MOST_DISPUTES:
        return candidate
    asked = [
        acts.arbitrate(start, candidate.evidence, candidate.report.id, check, candidate.witnesses(check))
        for check in disputed
    ]
    rulings = plan.need_all(asked, Ruling)
    if rulings is None:
        return None
    fair = candidate.ruled(rulings)
    if all(ruling.artifact.upheld for ruling in rulings):
        return fair
    again = examined(plan, start, fair.number, fair.program, fair.evidence)
    return fair.rerun(again) if again else None


def _start(pool: Pool) -> tuple[str, Requirement]:
    """The message that the run began with."""
    for message in pool:
        if isinstance(message.artifact, Requirement):
            return message.id, message.artifact
    raise ContractViolation("The pool does not begin with a requirement.")


def _unproved(requirement: Requirement, suites: list[Result[TestSuite]], best: Candidate) -> list[str]:
    """Clauses with neither a failed check nor a passed one that fails on a stub."""
    doubtful = {*best.report.artifact.proves_nothing, *best.report.artifact.unstable}
    telling = {*(best.passed - doubtful), *best.failed}
    covered = {
        clause
        for suite in suites
        for check in suite.artifact.checks
        if check.id in telling
        for clause in check.clauses
    }
    return [clause.id for clause in requirement.behaviour if clause.id not in covered]


def _of(suites: list[Result[TestSuite]], clause: str) -> list[str]:
    return [s.id for s in suites if any(clause in check.clauses for check in s.artifact.checks)]


def best_program(pool: Pool) -> SourceCode | None:
    """The program to show now: the judged one, else the best that was run, else the first whole draft."""
    requirement = _start(pool)[1]
    reports = [(m, m.artifact) for m in pool if isinstance(m.artifact, TestReport)]
    ran = [(message, report) for message, report in reports if report.candidate != AS_FOUND]
    verdict = pool.latest(Verdict)
    if verdict:
        judged = (verdict.candidate, verdict.revision)
        ran = [(m, r) for m, r in ran if (r.candidate, r.revision) == judged]
    if ran:
        chosen, _ = max(ran, key=lambda pair: _standing(pair[1]))
        parts = Inputs(pool[cause].artifact for cause in chosen.causes)
        found = parts.last(Dependencies)
        program = declaring(assembled(parts.all(SourceCode)), found.packages if found else ())
    else:
        program = next((source for source in pool.artifacts(SourceCode) if source.complete), None)
    return with_seed(program, requirement.seed) if program else None


def _standing(report: TestReport) -> tuple[int, int, int]:
    broken = sum(finding.fatal for finding in report.findings)
    return (-broken, len(report.passed), -report.candidate)


def choose_mode(requirement: Requirement) -> Mode:
    """`company` where several files have to fit together, else `duo`."""
    several = requirement.target.kind == "app" or len(requirement.target.entry) > 2
    return "company" if several and not requirement.seed else "duo"


def team(mode: Mode, *, candidates: int = 1, one_suite: bool = False) -> Team:
    """The company, or the part of it that a mode needs."""
    return Team(
        name=f"software_company.{mode}",
        roles=tuple(load_roles().values()),
        protocol=SoftwareCompany(mode=mode, candidates=candidates, one_suite=one_suite),
        skills=load_skills(),
    )
