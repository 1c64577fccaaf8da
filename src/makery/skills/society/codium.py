"""Thinking before coding: reflect on the problem, reason about its examples, propose solutions, write one."""

from typing import Annotated

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Agenda, Utterance
from makery.kernel.documents import Requirement, SourceCode, SourceFile
from makery.kernel.errors import MalformedOutput, ModelError
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, Template, ask_document, ask_text, load
from makery.skills.society.transcript import transcript
from makery.skills.write_code import MOST_TOKENS, read_files

Idea = Annotated[str, Field(max_length=300)]


class Input(Frozen):
    problem: str
    examples: tuple[str, ...]
    """Checks taken from the problem's own text."""
    notes: str
    """What was thought so far."""
    requirement: Requirement = Field(exclude=True)
    speaker: str = Field(exclude=True)


class Form(Frozen):
    ideas: list[Idea] = Field(min_length=1, max_length=3)


class _Thinking(Skill[Input, Utterance]):
    """Problem, examples and notes -> one more note."""

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        return Input(
            problem=requirement.text.strip(),
            examples=(),
            notes=transcript(artifacts),
            requirement=requirement,
            speaker=act.role,
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        completion = await ask_text(tools, _template(self.name), with_examples(given, tools), Sampling(500))
        return Utterance(speaker=given.speaker, text=completion.text.strip())


class ReflectProblem(_Thinking, Skill[Input, Utterance]):
    """A problem -> what it asks, what goes in and out, which cases are easily missed."""

    name = "reflect_problem"
    purpose = "reflect on a problem before any code is written"


class ReasonOnTests(_Thinking, Skill[Input, Utterance]):
    """A problem and its examples -> why each example comes out as it does."""

    name = "reason_on_tests"
    purpose = "explain why each example of a problem comes out as it does"


class ProposeSolutions(Skill[Input, Agenda]):
    """Problem and notes -> up to three ways to solve it."""

    name = "propose_solutions"
    purpose = "propose different ways to solve a problem"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return ReflectProblem().gather(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Agenda:
        asked = with_examples(given, tools)
        try:
            form = await ask_document(tools, _template(self.name), asked, Form, Sampling(600))
        except ModelError:
            return Agenda(tasks=("the most direct way",))
        return Agenda(tasks=tuple(dict.fromkeys(" ".join(idea.split()) for idea in form.ideas)))


class SolutionInput(Input):
    idea: str
    guide: str
    paths: str
    candidate: int = Field(exclude=True)


class WriteSolution(Skill[SolutionInput, SourceCode]):
    """Problem, notes and an idea -> the program."""

    name = "write_solution"
    purpose = "write the program that follows one idea"

    def gather(self, act: Act, artifacts: Inputs) -> SolutionInput:
        thinking = ReflectProblem().gather(act, artifacts)
        return SolutionInput(
            **{name: getattr(thinking, name) for name in Input.model_fields},
            idea=act.option("idea"),
            guide="",
            paths=", ".join(thinking.requirement.target.entry),
            candidate=int(act.option("candidate", "0")),
        )

    async def run(self, given: SolutionInput, tools: Toolbox) -> SourceCode:
        language = tools.languages.of(given.requirement.target)
        guide = language.guide("code", given.requirement.target)
        asked = with_examples(given, tools).model_copy(update={"guide": guide})
        completion = await ask_text(tools, _template(self.name), asked, Sampling(MOST_TOKENS))
        try:
            files = language.mend(
                read_files(completion.text, list(given.requirement.target.entry), only=False)
            )
        except MalformedOutput as error:
            # A program without files fails its static checks: the next idea is tried then.
            return SourceCode(candidate=given.candidate, files=(), note=error.message)
        written = tuple(SourceFile(path=path, content=text) for path, text in sorted(files.items()))
        return SourceCode(candidate=given.candidate, files=written)


def with_examples(given: Input, tools: Toolbox) -> Input:
    """The input with the checks that stand in the problem's text."""
    examples = tuple(check.code for check in tools.verifier.examples(given.requirement))
    return given.model_copy(update={"examples": examples})


def _template(name: str) -> Template:
    return load(__file__.replace("codium.py", f"{name}.py"))
