"""The program and its checks, executed in the sandbox. No model has a say in it."""

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import (
    Check,
    Dependencies,
    Package,
    Requirement,
    Ruling,
    SourceCode,
    TestReport,
    TestSuite,
)
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.skills.program import declaring, program_of
from makery.skills.steps import cut_before


class Input(Frozen):
    requirement: Requirement
    program: SourceCode
    checks: tuple[Check, ...]
    packages: tuple[Package, ...]


class RunCode(Skill[Input, TestReport]):
    """Requirement, program, suites, rulings and packages -> report. What was ruled wrong is not run."""

    name = "run_code"
    purpose = "run the program and its checks in the sandbox"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        found = artifacts.last(Dependencies)
        packages = found.packages if found else ()
        program = program_of(requirement, artifacts.all(SourceCode))
        return Input(
            requirement=requirement,
            program=declaring(program, packages),
            checks=valid_checks(artifacts),
            packages=packages,
        )

    async def run(self, given: Input, tools: Toolbox) -> TestReport:
        mounts = [await tools.packages.install(given.packages)] if given.packages else []
        examples = tools.verifier.examples(given.requirement)
        return await tools.verifier.examine(
            given.requirement, given.program, (*examples, *given.checks), mounts=mounts
        )


def valid_checks(artifacts: Inputs) -> tuple[Check, ...]:
    """The checks of all suites without what was ruled to contradict their clause.

    A check keeps the steps before the one that was ruled wrong, if they assert anything.
    """
    wrong: dict[str, int] = {}
    for ruling in artifacts.all(Ruling):
        if not ruling.upheld:
            wrong[ruling.check] = min(ruling.line, wrong.get(ruling.check, ruling.line))
    suites = artifacts.all(TestSuite)
    checks = (check for suite in suites for check in suite.checks)
    kept = (_kept(check, wrong[check.id]) if check.id in wrong else check for check in checks)
    return tuple(check for check in kept if check.code)


def _kept(check: Check, line: int) -> Check:
    return check.model_copy(update={"code": cut_before(check.code, line) if line else ""})
