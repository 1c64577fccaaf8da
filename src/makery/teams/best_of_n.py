"""Best of N: an engineer alone, asked again until a program is clean. The baseline at equal tokens.

A program is clean if static checks find nothing fatal and the examples in the requirement pass. There is no
QA and no repair, so whatever a company gains over this, it does not gain by sampling alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from makery.kernel.act import Act
from makery.kernel.documents import Delivery, MutationReport, Requirement, SourceCode, TestReport
from makery.kernel.errors import ContractViolation
from makery.kernel.pool import Pool
from makery.kernel.team import Team
from makery.kernel.verdict import Verdict
from makery.roles.registry import load_roles
from makery.skills.registry import load_skills
from makery.teams import acts, software_company
from makery.teams.candidate import Candidate, drafted, examined
from makery.teams.plan import Plan
from makery.teams.planning import Documents


@dataclass(frozen=True)
class BestOfN:
    """The protocol: one candidate after the other, the first clean one ends the search."""

    candidates: int
    first: int = 0
    """The number of the first one: runs with other numbers write other programs."""

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """See `kernel.protocol.Protocol`."""
        plan = Plan(pool)
        self._deliver(plan)
        return plan.ready

    def finished(self, pool: Pool) -> bool:
        """A delivery is the end."""
        return pool.latest(Delivery) is not None

    def _deliver(self, plan: Plan) -> None:
        start, requirement = _start(plan.pool)
        before = plan.need(acts.run_as_found(start), TestReport) if requirement.seed else None
        if requirement.seed and before is None:
            return
        failed = frozenset(result.check for result in before.artifact.failed) if before else frozenset[str]()
        best = self._chosen(plan, start, change=bool(requirement.seed), dropped=failed)
        if best is None:
            return
        broken = acts.challenge(start, best.program, best.evidence, best.report.id)
        mutation = plan.need(broken, MutationReport)
        if mutation is None:
            return
        evidence = [*([before.id] if before else []), *best.evidence]
        verdict = plan.need(acts.judge(start, evidence, [best.report.id, mutation.id]), Verdict)
        if verdict:
            plan.need(acts.deliver(start, best.program, (), verdict.id), Delivery)

    def _chosen(self, plan: Plan, start: str, *, change: bool, dropped: frozenset[str]) -> Candidate | None:
        """The first clean candidate, else the best of all; None while one is under way."""
        tried: list[Candidate] = []
        for number in range(self.first, self.first + self.candidates):
            draft = drafted(plan, start, Documents(), number, change=change)
            found = examined(plan, start, number, draft, ()) if draft else None
            if found is None:
                return None
            tried.append(replace(found, dropped=dropped))
            if tried[-1].clean:
                return tried[-1]
        return max(tried, key=lambda candidate: candidate.score)


@dataclass(frozen=True)
class Lone:
    """The team of one engineer who may try `candidates` times, in the place of the company."""

    candidates: int
    first: int = 0
    """See `BestOfN`."""

    def choose_mode(self, requirement: Requirement) -> software_company.Mode:
        """There is only the engineer."""
        return "direct"

    def team(self, mode: software_company.Mode, *, candidates: int, one_suite: bool = False) -> Team:
        """The team; the model's own number of candidates does not count here, and there is no suite."""
        protocol = BestOfN(self.candidates, self.first)
        roles = tuple(load_roles().values())
        return Team(name=f"best_of_{self.candidates}", roles=roles, protocol=protocol, skills=load_skills())

    def best_program(self, pool: Pool) -> SourceCode | None:
        """As the company says."""
        return software_company.best_program(pool)


def _start(pool: Pool) -> tuple[str, Requirement]:
    for message in pool:
        if isinstance(message.artifact, Requirement):
            return message.id, message.artifact
    raise ContractViolation("The pool does not begin with a requirement.")
