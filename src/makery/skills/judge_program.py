"""The verdict, computed from what was executed."""

from collections.abc import Iterator

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import (
    AS_FOUND,
    Behaviour,
    Check,
    MutationReport,
    Requirement,
    Ruling,
    TestReport,
)
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.verdict import Verdict, judge
from makery.skills.run_code import valid_checks


class Input(Frozen):
    requirement: Requirement
    checks: tuple[Check, ...]
    report: TestReport
    rulings: tuple[Ruling, ...]
    mutation: MutationReport | None
    behaviours: tuple[Behaviour, ...]


class JudgeProgram(Skill[Input, Verdict]):
    """Requirement, suites, rulings, report and mutation report -> verdict."""

    name = "judge_program"
    purpose = "compute the verdict from what was executed"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(
            requirement=artifacts.requirement,
            checks=valid_checks(artifacts),
            report=artifacts.one(TestReport),
            rulings=(*artifacts.all(Ruling), *_failed_before(artifacts.all(TestReport))),
            mutation=artifacts.last(MutationReport),
            behaviours=artifacts.all(Behaviour),
        )

    async def run(self, given: Input, tools: Toolbox) -> Verdict:
        checks = (*tools.verifier.examples(given.requirement), *given.checks)
        return judge(given.requirement, checks, given.report, given.rulings, given.mutation, given.behaviours)


def _failed_before(reports: tuple[TestReport, ...]) -> Iterator[Ruling]:
    """A repository's own tests that failed before the change are not held against it."""
    for report in reports:
        if report.candidate == AS_FOUND:
            for result in report.failed:
                reason = "it failed before the change already"
                yield Ruling(check=result.check, upheld=False, votes_for=0, votes_against=0, reason=reason)
