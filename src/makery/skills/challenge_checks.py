"""Broken copies of the program, to show that its checks are able to fail."""

from makery.kernel.act import Act
from makery.kernel.documents import MutationReport, TestReport
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.skills.run_code import Input as Executed
from makery.skills.run_code import RunCode


class Input(Executed):
    passed: frozenset[str]
    candidate: int
    revision: int


class ChallengeChecks(Skill[Input, MutationReport]):
    """Requirement, program, suites and report -> how many broken copies the passing checks caught."""

    name = "challenge_checks"
    purpose = "break the program on purpose and see whether its checks notice"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        report = artifacts.one(TestReport)
        executed = RunCode().gather(act, artifacts)
        return Input(
            **{name: getattr(executed, name) for name in Executed.model_fields},
            passed=report.passed - {*report.unstable, *report.proves_nothing},
            candidate=report.candidate,
            revision=report.revision,
        )

    async def run(self, given: Input, tools: Toolbox) -> MutationReport:
        mounts = [await tools.packages.install(given.packages)] if given.packages else []
        everything = (*tools.verifier.examples(given.requirement), *given.checks)
        passing = [check for check in everything if check.id in given.passed]
        if not passing:
            return MutationReport(candidate=given.candidate, revision=given.revision, mutants=0, caught=0)
        return await tools.verifier.challenge(given.requirement, given.program, passing, mounts=mounts)
