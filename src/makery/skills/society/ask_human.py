"""A person's turn."""

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Utterance
from makery.kernel.ports import Question
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.skills.society.transcript import transcript


class Input(Frozen):
    seat: str
    question: str
    choices: tuple[str, ...]
    draft: str
    default: str


class AskHuman(Skill[Input, Utterance]):
    """The conversation -> what the person in that seat says; '' where nobody is."""

    name = "ask_human"
    purpose = "let a person take the turn"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        choices = tuple(name for name in act.option("choices").split(",") if name)
        question = act.option("question") or transcript(artifacts[-1:])
        return Input(
            seat=act.role,
            question=question,
            choices=choices,
            draft=act.option("draft"),
            default=act.option("default"),
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        asked = Question(
            role=given.seat,
            text=given.question,
            choices=given.choices,
            draft=given.draft,
            default=given.default,
            act=tools.purpose.act,
        )
        answer = await tools.people.ask(asked)
        return Utterance(speaker=given.seat, text=answer or "")
