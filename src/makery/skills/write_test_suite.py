"""Checks for all clauses in one answer, for models that keep many things in mind at once."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, Clause, SourceFile, Target, TestSuite
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_text, code_blocks, load
from makery.skills.quoting import file_blocks
from makery.skills.test_functions import default_modules, test_functions

TOKENS_PER_CLAUSE = 400
MOST_TOKENS = 8000
MOST_CHECKS = 3
"""For one clause."""


class Input(Frozen):
    requirement: str
    guide: str
    existing: str
    """The repository that is to be changed; of what the engineer writes, nothing."""
    sentences: str
    clauses: tuple[Clause, ...] = Field(exclude=True)
    target: Target = Field(exclude=True)
    seed: tuple[SourceFile, ...] = Field(exclude=True)


class WriteTestSuite(Skill[Input, TestSuite]):
    """Requirement -> checks of all its clauses. A clause without any is asked for alone later."""

    name = "write_test_suite"
    purpose = "write executable checks for all clauses of the requirement at once"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        lines = (f'<sentence id="{clause.id}">{clause.text}</sentence>' for clause in requirement.behaviour)
        return Input(
            requirement=requirement.text,
            guide="",
            existing=file_blocks(requirement.seed),
            sentences="\n".join(lines),
            clauses=requirement.behaviour,
            target=requirement.target,
            seed=requirement.seed,
        )

    async def run(self, given: Input, tools: Toolbox) -> TestSuite:
        guide = tools.languages.of(given.target).guide("checks", given.target)
        asked = given.model_copy(update={"guide": guide})
        how = Sampling(min(TOKENS_PER_CLAUSE * (1 + len(given.clauses)), MOST_TOKENS))
        completion = await ask_text(tools, load(__file__), asked, how)
        source = "\n".join(block.code for block in code_blocks(completion.text))
        checks = [check for clause in given.clauses for check in _checks(given, clause, source)]
        return TestSuite(checks=tuple(checks), plan="" if checks else "no usable check was written")


def _checks(given: Input, clause: Clause, source: str) -> list[Check]:
    """The checks of a clause: the test functions that carry its id in their name."""
    named = f"test_{clause.id}".lower()
    modules = default_modules(given.target, seed=bool(given.seed))
    codes = test_functions(source, modules, f"{named}_0", known=given.requirement, named=named)
    return [
        Check(id=f"{clause.id}.0.{number}", clauses=(clause.id,), code=code)
        for number, code in enumerate(codes[:MOST_CHECKS], start=1)
    ]
