"""What a PRD misses or contradicts: first what a program can see, then a reviewer's opinion."""

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import PrdReview, Problem, ProductRequirements
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load
from makery.skills.quoting import clause_list


class Input(Frozen):
    requirement: str
    locale: str
    prd: str
    clauses: str


class ProblemForm(BaseModel):
    clause: str = Field(max_length=8)
    what: str = Field(max_length=160)


class Form(BaseModel):
    problems: list[ProblemForm] = Field(max_length=3)


class WritePrdReview(Skill[Input, PrdReview]):
    """Requirement and PRD -> review. A clause that no story names is always a problem."""

    name = "write_prd_review"
    purpose = "review the product requirements against the requirement's clauses"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        return Input(
            requirement=requirement.text,
            locale=requirement.locale,
            prd=artifacts.one(ProductRequirements).model_dump_json(indent=1),
            clauses=clause_list(requirement.behaviour),
        )

    async def run(self, given: Input, tools: Toolbox) -> PrdReview:
        prd = ProductRequirements.model_validate_json(given.prd)
        missing = uncovered(prd, given.clauses)
        form = await ask_opinion(tools, load(__file__), given, Form, Sampling(max_tokens=400))
        opinions = (
            Problem(where=p.clause or "PRD", what=p.what, clause=p.clause)
            for p in (form.problems if form else ())
        )
        return PrdReview(problems=(*missing, *opinions), approved=not missing, revision=prd.revision)


def uncovered(prd: ProductRequirements, clauses: str) -> tuple[Problem, ...]:
    """The clauses that no story traces to."""
    traced = {clause for story in prd.stories for clause in story.clauses}
    ids = (line.split(":", 1)[0] for line in clauses.splitlines() if line.startswith("C"))
    return tuple(
        Problem(where=clause, what="no story names this clause", clause=clause)
        for clause in ids
        if clause not in traced
    )
