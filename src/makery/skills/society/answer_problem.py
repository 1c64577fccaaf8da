"""An answer to a problem with its reasoning, alone or after reading what others think."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Opinion
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load


class Input(Frozen):
    problem: str
    own: str
    others: tuple[str, ...]
    speaker: str = Field(exclude=True)
    sample: int = Field(exclude=True)


class Form(Frozen):
    reasoning: str = Field(max_length=1200)
    answer: str = Field(max_length=80)


class AnswerProblem(Skill[Input, Opinion]):
    """A problem, and the opinions so far -> an answer; the own one is weighed against the others."""

    name = "answer_problem"
    purpose = "answer a problem, criticising the answers of others if there are any"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        opinions = artifacts.all(Opinion)
        own = [opinion for opinion in opinions if opinion.speaker == act.role]
        return Input(
            problem=act.option("task") or artifacts.requirement.text.strip(),
            own=_shown(own[-1]) if own else "",
            others=tuple(_shown(opinion) for opinion in opinions if opinion.speaker != act.role),
            speaker=act.role,
            sample=int(act.option("sample", "0")),
        )

    async def run(self, given: Input, tools: Toolbox) -> Opinion:
        sampling = Sampling(max_tokens=700, temperature=0.7, sample=given.sample)
        form = await ask_document(tools, load(__file__), given, Form, sampling)
        return Opinion(speaker=given.speaker, reasoning=form.reasoning, answer=form.answer.strip())


def _shown(opinion: Opinion) -> str:
    return f"{opinion.reasoning} Answer: {opinion.answer}"
