"""The program and its checks, executed in the sandbox. No model has a say in it."""

from collections.abc import Iterable

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
from makery.skills.steps import corrected, cut_before


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
    """The checks of all suites as their rulings leave them: what is run.

    A check whose value was found to be another is put right; else it keeps the steps before the one that was
    ruled wrong, if they assert anything.
    """
    wrong = [ruling for ruling in artifacts.all(Ruling) if not ruling.upheld]
    kept = (_kept(check, wrong) for suite in artifacts.all(TestSuite) for check in suite.checks)
    return tuple(check for check in kept if check.code)


def _kept(check: Check, wrong: Iterable[Ruling]) -> Check:
    """The check after the rulings on it, each of which is about what those before it had left."""
    code = check.code
    for ruling in wrong:
        if ruling.check != check.id or not code:
            continue
        if ruling.value:
            code = corrected(code, ruling.line, ruling.value)
        else:
            code = cut_before(code, ruling.line) if ruling.line else ""
    return check.model_copy(update={"code": code})
