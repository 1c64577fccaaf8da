"""A choice among names: who speaks next, which state follows, whose answer is best."""

from typing import Any, Literal

from pydantic import Field, create_model

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Choice
from makery.kernel.errors import ModelError
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load
from makery.skills.society.transcript import transcript


class Input(Frozen):
    task: str
    conversation: str
    question: str
    choices: tuple[str, ...]
    """`name` or `name: what it is`."""


class Form(Frozen):
    reason: str = Field(max_length=200)


class Choose(Skill[Input, Choice]):
    """A conversation, a question and its possible answers -> one of them; the first if nobody chose."""

    name = "choose"
    purpose = "choose the next speaker, the next state or the best answer"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(
            task=act.option("task") or artifacts.requirement.text.strip(),
            conversation=transcript(artifacts),
            question=act.option("question"),
            choices=tuple(act.option("choices").split("\n")),
        )

    async def run(self, given: Input, tools: Toolbox) -> Choice:
        names = tuple(choice.split(":")[0].strip() for choice in given.choices)
        if len(names) == 1:
            return Choice(choice=names[0], reason="it is the only one")
        fields: dict[str, Any] = {"choice": (Literal[names], ...)}
        form = create_model("Form", __base__=Form, **fields)
        try:
            chosen = await ask_document(tools, load(__file__), given, form, Sampling(max_tokens=200))
        except ModelError:
            return Choice(
                choice=names[0], reason="no usable answer came: the first one is taken", assumed=True
            )
        return Choice.model_validate(chosen.model_dump())
