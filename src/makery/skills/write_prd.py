"""The product requirements document, each story traced to the clauses it comes from."""

from typing import Annotated

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import PrdReview, ProductRequirements, Story
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load
from makery.skills.quoting import clause_list, problem_list

Sentence = Annotated[str, Field(max_length=160)]
ClauseId = Annotated[str, Field(max_length=8)]
MOST_TITLE = 60
"""A title of this length may have been cut by the grammar, in the middle of a word."""


class Input(Frozen):
    requirement: str
    locale: str
    clauses: str
    problems: str


class StoryForm(BaseModel):
    text: Sentence
    clauses: list[ClauseId] = Field(max_length=12)


class Form(BaseModel):
    title: str = Field(max_length=MOST_TITLE)
    goals: list[Sentence] = Field(min_length=1, max_length=3)
    stories: list[StoryForm] = Field(min_length=1, max_length=12)
    assumptions: list[Sentence] = Field(max_length=3)
    out_of_scope: list[Sentence] = Field(max_length=3)


class WritePrd(Skill[Input, ProductRequirements]):
    """Requirement (and the review of a first draft) -> PRD."""

    name = "write_prd"
    purpose = "write the product requirements document"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        review = artifacts.last(PrdReview)
        return Input(
            requirement=requirement.text,
            locale=requirement.locale,
            clauses=clause_list(requirement.behaviour),
            problems=problem_list(review.problems) if review else "",
        )

    async def run(self, given: Input, tools: Toolbox) -> ProductRequirements:
        form = await ask_document(tools, load(__file__), given, Form, Sampling(max_tokens=1500))
        known = {line.split(":", 1)[0] for line in given.clauses.splitlines()}
        return ProductRequirements(
            title=form.title,
            goals=tuple(form.goals),
            stories=tuple(
                # A small model also names clauses that are not there.
                Story(text=s.text, clauses=tuple(name for name in s.clauses if name in known))
                for s in form.stories
            ),
            assumptions=tuple(form.assumptions),
            out_of_scope=tuple(form.out_of_scope),
            revision=1 if given.problems else 0,
        )
