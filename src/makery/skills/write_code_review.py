"""A reviewer's reading of a program. It guides repairs and never decides a verdict."""

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import CodeReview, Problem, SourceCode
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load
from makery.skills.program import assembled
from makery.skills.quoting import file_blocks


class Input(Frozen):
    requirement: str
    locale: str
    code: str
    candidate: int = Field(exclude=True)
    revision: int = Field(exclude=True)


class ProblemForm(BaseModel):
    where: str = Field(max_length=60)
    what: str = Field(max_length=200)


class Form(BaseModel):
    problems: list[ProblemForm] = Field(max_length=4)


class WriteCodeReview(Skill[Input, CodeReview]):
    """Requirement and program -> review."""

    name = "write_code_review"
    purpose = "review the program against the requirement"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        program = assembled(artifacts.all(SourceCode))
        return Input(
            requirement=artifacts.requirement.text,
            locale=artifacts.requirement.locale,
            code=file_blocks(program.files),
            candidate=program.candidate,
            revision=program.revision,
        )

    async def run(self, given: Input, tools: Toolbox) -> CodeReview:
        form = await ask_opinion(tools, load(__file__), given, Form, Sampling(max_tokens=500))
        problems = tuple(
            Problem(where=item.where, what=item.what) for item in (form.problems if form else ())
        )
        return CodeReview(
            candidate=given.candidate,
            revision=given.revision,
            problems=problems,
            approved=form is not None and not problems,
        )
