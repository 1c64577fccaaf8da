"""Who is right where a check and a program disagree: the value in question is worked out anew, several times.

Asked which of two sides is right, a small model picks a place, not a side (seen here: A in both orders).
Asked for the value itself, without seeing either side, it gives evidence: independent samples that agree
with the check, with the program, or with neither (self-consistency, Wang et al. 2022).
"""

import ast
import asyncio
import re
from typing import Any

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, Ruling, TestReport, TestSuite
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load
from makery.skills.test_functions import steps_until

TEMPERATURES = (0.0, 0.4, 0.7)
"""One vote each."""

ASSERTION = re.compile(r"^assert (?P<left>.+?) == .+\n+assert (?P<got>.+) == (?P<expected>.+)$", re.MULTILINE)
"""An assertion of equality as pytest reports it: the source line, then both values."""


class Input(Frozen):
    requirement: str
    steps: str
    subject: str
    """The expression whose value is in question; '' if the check asserts no equality."""
    check_id: str = Field(exclude=True)
    expected: str = Field(exclude=True)
    got: str = Field(exclude=True)


class Form(BaseModel):
    reason: str = Field(max_length=200)
    value: str = Field(max_length=300)


class ArbitrateCheck(Skill[Input, Ruling]):
    """Requirement, suites and report -> ruling on the check that the act names.

    A check is upheld if some vote arrives at its value, and no more arrive at the program's. A value that
    nobody arrives at again was invented, and proves nothing. An unusable answer is no vote.
    """

    name = "arbitrate_check"
    purpose = "decide from the requirement whether a check or the program is right"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        wanted = act.option("check")
        check = _find(artifacts.all(TestSuite), wanted)
        results = artifacts.one(TestReport).results
        outcome = next((result.message for result in results if result.check == wanted), "")
        match = ASSERTION.search(outcome)
        return Input(
            requirement=artifacts.requirement.text,
            steps=_before(steps_until(check.code, outcome)),
            subject=match["left"] if match else "",
            check_id=wanted,
            expected=match["expected"] if match else "",
            got=match["got"] if match else "",
        )

    async def run(self, given: Input, tools: Toolbox) -> Ruling:
        if not given.subject:
            return Ruling(
                check=given.check_id, upheld=True, votes_for=0, votes_against=0, reason="no value to compare"
            )
        asked = await asyncio.gather(
            *(
                ask_opinion(tools, load(__file__), given, Form, Sampling(160, temperature, seed=n, sample=n))
                for n, temperature in enumerate(TEMPERATURES)
            )
        )
        votes = [vote for vote in asked if vote]
        votes_for = sum(_same(vote.value, given.expected) for vote in votes)
        votes_against = sum(_same(vote.value, given.got) for vote in votes)
        return Ruling(
            check=given.check_id,
            upheld=not votes or votes_for >= max(votes_against, 1),
            votes_for=votes_for,
            votes_against=votes_against,
            reason=votes[0].reason if votes else "no usable vote",
        )


def _find(suites: tuple[TestSuite, ...], check_id: str) -> Check:
    return next(check for suite in suites for check in suite.checks if check.id == check_id)


def _before(steps: str) -> str:
    """The steps without assertions."""
    lines = (line.removeprefix("    ") for line in steps.splitlines())
    return "\n".join(line for line in lines if not line.startswith("assert "))


def _same(one: str, other: str) -> bool:
    return _value(one) == _value(other)


def _value(text: str) -> Any:
    """The literal that a text writes, alone or as `subject == literal`, or the text itself."""
    stripped = text.strip().strip("`")
    try:
        parsed = ast.parse(stripped, mode="eval").body
        return ast.literal_eval(parsed.comparators[-1] if isinstance(parsed, ast.Compare) else parsed)
    except (
        ValueError,
        SyntaxError,
        TypeError,
        RecursionError,
        MemoryError,
    ):  # all that `parse` and `literal_eval` may raise
        return stripped
