"""Who is right where a check and a program disagree: one short vote in each order of the two."""

from typing import Literal

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, Ruling, TestReport, TestSuite
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load

SIDES = ("the check", "the program")


class Input(Frozen):
    requirement: str
    clause: str
    check: str
    outcome: str
    first: str
    second: str
    check_id: str = Field(exclude=True)


class Form(BaseModel):
    reason: str = Field(max_length=240)
    choice: Literal["A", "B"]


class ArbitrateCheck(Skill[Input, Ruling]):
    """Requirement, suites and report -> ruling on the check that the act names."""

    name = "arbitrate_check"
    purpose = "decide by the quoted clause whether a check or the program is right"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        wanted = act.option("check")
        check = _find(artifacts.all(TestSuite), wanted)
        quotes = [clause.text for clause in requirement.clauses if clause.id in check.clauses]
        results = artifacts.one(TestReport).results
        outcome = next((result.message for result in results if result.check == wanted), "")
        return Input(
            requirement=requirement.text,
            clause=" ".join(quotes),
            check=check.code,
            outcome=outcome,
            first=SIDES[0],
            second=SIDES[1],
            check_id=wanted,
        )

    async def run(self, given: Input, tools: Toolbox) -> Ruling:
        # A model prefers one place: each side stands first once, and only two votes overrule a check.
        orders = (SIDES, SIDES[::-1])
        forms = [await self._vote(given, tools, order) for order in orders]
        choices = [order["AB".index(form.choice)] for order, form in zip(orders, forms, strict=True)]
        votes_for = choices.count(SIDES[0])
        return Ruling(
            check=given.check_id,
            upheld=votes_for > 0,
            votes_for=votes_for,
            votes_against=len(choices) - votes_for,
            reason=forms[0].reason,
        )

    async def _vote(self, given: Input, tools: Toolbox, order: tuple[str, ...]) -> Form:
        asked = given.model_copy(update={"first": order[0], "second": order[1]})
        return await ask_document(tools, load(__file__), asked, Form, Sampling(max_tokens=160))


def _find(suites: tuple[TestSuite, ...], check_id: str) -> Check:
    return next(check for suite in suites for check in suite.checks if check.id == check_id)
