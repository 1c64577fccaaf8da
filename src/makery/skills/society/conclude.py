"""The end of a conversation, as a message. No model has a say in it."""

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Ending
from makery.kernel.skill import Inputs, Skill, Toolbox


class Input(Frozen):
    ending: Ending


class Conclude(Skill[Input, Ending]):
    """What the protocol found out -> how the conversation ended."""

    name = "conclude"
    purpose = "put down how a conversation ended and what it came to"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        fields = {name: act.option(name) for name in ("text", "reason", "outcome")}
        return Input(ending=Ending.model_validate(fields))

    async def run(self, given: Input, tools: Toolbox) -> Ending:
        return given.ending
