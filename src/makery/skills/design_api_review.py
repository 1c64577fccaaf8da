"""Where a design's interfaces do not fit each other or the requirement."""

from graphlib import CycleError, TopologicalSorter

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.documents import ApiReview, Problem, SystemDesign
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load
from makery.skills.reading_design import DesignInput


class ProblemForm(BaseModel):
    where: str = Field(max_length=60)
    what: str = Field(max_length=160)


class Form(BaseModel):
    problems: list[ProblemForm] = Field(max_length=3)


class DesignApiReview(Skill[DesignInput, ApiReview]):
    """Requirement and design -> review. What a program can see decides; opinions are noted."""

    name = "design_api_review"
    purpose = "review the interfaces against the requirement and each other"

    def gather(self, act: Act, artifacts: Inputs) -> DesignInput:
        return DesignInput.of(artifacts)

    async def run(self, given: DesignInput, tools: Toolbox) -> ApiReview:
        design = given.read()
        certain = structural_problems(design)
        form = await ask_opinion(tools, load(__file__), given, Form, Sampling(max_tokens=400))
        opinions = (
            Problem(where=problem.where, what=problem.what) for problem in (form.problems if form else ())
        )
        return ApiReview(problems=(*certain, *opinions), approved=not certain, revision=design.revision)


def structural_problems(design: SystemDesign) -> tuple[Problem, ...]:
    """Circles of dependencies, and names that two files both define."""
    problems: list[Problem] = []
    try:
        TopologicalSorter({file.path: file.depends_on for file in design.files}).prepare()
    except CycleError as error:
        problems.append(Problem(where="depends_on", what=f"a circle: {' -> '.join(error.args[1])}"))
    homes: dict[str, str] = {}
    for file in design.files:
        for item in file.interfaces:
            other = homes.setdefault(item.name, file.path)
            if other != file.path and item.name != "main":
                problems.append(Problem(where=file.path, what=f"{item.name} is defined in {other} as well"))
    return tuple(problems)
