"""Who is right where a check and a program disagree: the value in question is worked out anew, several times.

Asked which of two sides is right, a small model picks a place, not a side (seen here: A in both orders).
Asked for the value itself, without seeing either side, it gives evidence: independent samples that agree
with the check, with the program, or with neither (self-consistency, Wang et al. 2022).
"""

import ast
import asyncio
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, CheckResult, Ruling, TestReport
from makery.kernel.literals import is_literal
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load
from makery.skills.run_code import valid_checks
from makery.skills.scenario import Line
from makery.skills.steps import failed_step, steps_before

TEMPERATURES = (0.0, 0.4, 0.7)
"""One vote each."""

PRINTED = {"r.lines": "stdout", "r.code": "exit_code"}
"""What a scenario asserts about a run, and the field of a vote that says the same."""

_WORDS = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
_OWN_WORDS = 0.6
"""Share of a reason's words that the requirement has, too, from which on it may be the requirement's."""

GOT = re.compile(r"^assert (?P<got>.+?) == ", re.MULTILINE)
"""The program's value in the assertion as pytest explains it."""


class Input(Frozen):
    requirement: str
    steps: str
    subject: str
    """The expression whose value is in question; '' if the check asserts no value."""
    printed: bool
    """Whether it is what a run prints or its exit code."""
    check_id: str = Field(exclude=True)
    witnesses: int = Field(exclude=True)
    """Independently written programs that give the program's value, too."""
    line: int = Field(exclude=True)
    expected: str = Field(exclude=True)
    got: str = Field(exclude=True)
    equation: bool = Field(exclude=True)
    """Whether the check says what a value is, so that another value can be put in."""


class Form(BaseModel):
    reason: str = Field(max_length=200)
    value: str = Field(max_length=300)


class PrintedForm(BaseModel):
    reason: str = Field(max_length=200)
    stdout: list[Line] = Field(max_length=10)
    exit_code: int = Field(ge=0, le=9)


class ArbitrateCheck(Skill[Input, Ruling]):
    """Requirement, suites and report -> ruling on the check that the act names.

    A check is upheld if some vote arrives at its value, and no more arrive at the program's; an independently
    written program that gives the program's value is a vote for it. A value that nobody arrives at again
    was invented, and proves nothing. An unusable answer is no vote. Where most votes arrive at the program's
    value, the check is put right with it: they have not seen the program.
    """

    name = "arbitrate_check"
    purpose = "decide from the requirement whether a check or the program is right"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        wanted = act.option("check")
        check = next(check for check in valid_checks(artifacts) if check.id == wanted)
        results = artifacts.one(TestReport).results
        outcome = next(result for result in results if result.check == wanted)
        claim = _claim(check, outcome)
        return Input(
            requirement=artifacts.requirement.text,
            steps=steps_before(check.code, outcome.line),
            subject=claim.subject,
            printed=claim.subject in PRINTED,
            check_id=wanted,
            witnesses=int(act.option("witnesses", "0")),
            line=outcome.line,
            expected=claim.expected,
            got=claim.got,
            equation=claim.equation,
        )

    async def run(self, given: Input, tools: Toolbox) -> Ruling:
        if not given.subject:
            return _ruling(given, upheld=True, reason="no value to compare")
        votes = await _votes(given, tools)
        votes_for = sum(_same(value, given.expected) for value, _ in votes)
        contradicting = sum(_same(value, given.got) for value, _ in votes)
        votes_against = given.witnesses + contradicting
        agreed = contradicting > len(TEMPERATURES) // 2 and given.equation and is_literal(given.got)
        return _ruling(
            given,
            upheld=not (votes or given.witnesses) or votes_for >= max(votes_against, 1),
            votes_for=votes_for,
            votes_against=votes_against,
            reason=_told([reason for _, reason in votes], given.requirement) if votes else "no usable vote",
            value=given.got if agreed and votes_for < votes_against else "",
        )


def _ruling(
    given: Input, *, upheld: bool, reason: str, votes_for: int = 0, votes_against: int = 0, value: str = ""
) -> Ruling:
    return Ruling(
        check=given.check_id,
        line=given.line,
        upheld=upheld,
        votes_for=votes_for,
        votes_against=votes_against,
        reason=reason,
        value=value,
    )


async def _votes(given: Input, tools: Toolbox) -> list[tuple[str, str]]:
    """The value that each usable answer gives, as a literal, with its reason."""
    form = PrintedForm if given.printed else Form
    asked = await asyncio.gather(
        *(
            ask_opinion(tools, load(__file__), given, form, Sampling(160, temperature, seed=n, sample=n))
            for n, temperature in enumerate(TEMPERATURES)
        )
    )
    return [(_answer(vote, given.subject), vote.reason) for vote in asked if vote]


def _told(reasons: list[str], requirement: str) -> str:
    """The reason that is nearest to the requirement's words; a small model also repeats our example's."""
    known = set(_WORDS.findall(requirement.casefold()))
    shares = [_share(set(_WORDS.findall(reason.casefold())), known) for reason in reasons]
    best = max(shares)
    return reasons[shares.index(best)] if best >= _OWN_WORDS else "no vote gives words of the requirement"


def _share(words: set[str], known: set[str]) -> float:
    return len(words & known) / len(words) if words else 0.0


def _answer(vote: Form | PrintedForm, subject: str) -> str:
    return vote.value if isinstance(vote, Form) else repr(getattr(vote, PRINTED[subject]))


@dataclass(frozen=True)
class Claim:
    """What a check says about a value, and what the program gave. Without a value all are ''."""

    subject: str = ""
    expected: str = ""
    got: str = ""
    equation: bool = False


def _claim(check: Check, outcome: CheckResult) -> Claim:
    step = failed_step(check.code, outcome.line)
    if not isinstance(step, ast.Assert):
        return Claim()
    test = step.test
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        match = GOT.search(outcome.message.partition("\n")[2])
        expected = ast.unparse(test.comparators[0])
        return Claim(ast.unparse(test.left), expected, match["got"] if match else "", equation=True)
    failed = outcome.outcome == "failed" and "\nassert " in outcome.message
    return Claim(f"bool({ast.unparse(test)})", "True", "False" if failed else "")


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
