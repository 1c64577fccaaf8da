"""Who is right where a check and a program disagree: several short votes, both orders."""

from typing import Literal

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, Ruling, TestReport, TestSuite
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load

VOTES = 3
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
        reasons: list[str] = []
        votes_for = 0
        for vote in range(VOTES):
            sides = SIDES if vote % 2 == 0 else SIDES[::-1]  # a model prefers one place: show both
            asked = given.model_copy(update={"first": sides[0], "second": sides[1]})
            how = Sampling(160, temperature=0.0 if vote < 2 else 0.7, seed=vote, sample=vote)
            form = await ask_document(tools, load(__file__), asked, Form, how)
            votes_for += sides["AB".index(form.choice)] == SIDES[0]
            reasons.append(form.reason)
        return Ruling(
            check=given.check_id,
            upheld=votes_for * 2 > VOTES,
            votes_for=votes_for,
            votes_against=VOTES - votes_for,
            reason=reasons[0],
        )


def _find(suites: tuple[TestSuite, ...], check_id: str) -> Check:
    return next(check for suite in suites for check in suite.checks if check.id == check_id)
