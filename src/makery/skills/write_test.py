"""Checks for one clause, written by somebody who never sees the code."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, SourceFile, Target, TestSuite
from makery.kernel.errors import MalformedOutput
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, ask_text, code_blocks, load
from makery.skills.quoting import file_blocks
from makery.skills.scenario import Form, scenario_codes
from makery.skills.test_functions import default_modules, test_functions

MOST_TOKENS = 320
MOST_CHECKS = 3
"""For one clause in one round."""
ATTEMPTS = 2


class Input(Frozen):
    requirement: str
    guide: str
    scenarios: bool
    existing: str
    """The repository that is to be changed; of what the engineer writes, nothing."""
    earlier: str
    clause: str
    clause_id: str = Field(exclude=True)
    round: int = Field(exclude=True)
    target: Target = Field(exclude=True)
    seed: tuple[SourceFile, ...] = Field(exclude=True)


class WriteTest(Skill[Input, TestSuite]):
    """Requirement and the clause named by the act -> checks of that clause."""

    name = "write_test"
    purpose = "write executable checks for a clause of the requirement"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        wanted = act.option("clause") or requirement.behaviour[0].id
        clause = next(clause for clause in requirement.clauses if clause.id == wanted)
        suites = artifacts.all(TestSuite)
        earlier = (check.code for suite in suites for check in suite.checks if wanted in check.clauses)
        return Input(
            requirement=requirement.text,
            guide="",
            scenarios=requirement.target.kind in ("cli", "app"),
            existing=file_blocks(requirement.seed),
            earlier="\n\n".join(earlier),
            clause=clause.text,
            clause_id=clause.id,
            round=int(act.option("round", "0")),
            target=requirement.target,
            seed=requirement.seed,
        )

    async def run(self, given: Input, tools: Toolbox) -> TestSuite:
        guide = tools.languages.of(given.target).guide("checks", given.target)
        asked = given.model_copy(update={"guide": guide})
        codes: list[str] = []
        for attempt in range(ATTEMPTS):
            warmth = min(0.6 * (attempt + given.round), 1.0)
            how = Sampling(MOST_TOKENS, warmth, seed=given.round, sample=attempt)
            codes = await (_scenarios if given.scenarios else _functions)(asked, tools, how)
            if codes:
                break
        checks = (
            Check(id=f"{given.clause_id}.{given.round}.{number}", clauses=(given.clause_id,), code=code)
            for number, code in enumerate(codes[:MOST_CHECKS], start=1)
        )
        return TestSuite(checks=tuple(checks), plan=_plan(given, len(codes)), round=given.round)


def _plan(given: Input, written: int) -> str:
    return "" if written else f"no usable check was written for {given.clause_id}"


async def _scenarios(given: Input, tools: Toolbox, how: Sampling) -> list[str]:
    """Test functions made from scenarios, which a grammar keeps in form."""
    try:
        form = await ask_document(tools, load(__file__), given, Form, how)
    except MalformedOutput:
        return []  # asked again with another seed; without any, the clause stays unproved and is said so
    name = f"test_{given.clause_id}_{given.round}".lower()
    keeps_state = given.target.keeps_state
    return [
        code
        for number, scenario in enumerate(form.scenarios, start=1)
        for code in scenario_codes(scenario, f"{name}_{number}", keeps_state=keeps_state)
    ]


async def _functions(given: Input, tools: Toolbox, how: Sampling) -> list[str]:
    """Test functions written as Python."""
    completion = await ask_text(tools, load(__file__), given, how)
    source = "\n".join(block.code for block in code_blocks(completion.text))
    prefix = f"test_{given.clause_id}_{given.round}".lower()
    modules = default_modules(given.target, seed=bool(given.seed))
    return test_functions(source, modules, prefix, known=given.requirement)
