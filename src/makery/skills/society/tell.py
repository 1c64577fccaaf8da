"""Something that a protocol says, as a message: rules, who is out. No model has a say in it."""

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox


class Input(Frozen):
    speaker: str
    text: str


class Tell(Skill[Input, Utterance]):
    """A text -> the same as a turn, for those whom it is meant for."""

    name = "tell"
    purpose = "say what a protocol has to say, to all or in confidence"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(speaker=act.role, text=act.option("text"))

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        return Utterance(speaker=given.speaker, text=given.text)
