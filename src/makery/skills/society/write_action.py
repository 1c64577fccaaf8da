"""The next piece of Python of an agent that acts by code: it calls tools as functions."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.tool import ToolSpec
from makery.prompting import load
from makery.skills.society.speak import offered_tools, say, uttered
from makery.skills.society.transcript import transcript


class Input(Frozen):
    task: str
    functions: tuple[ToolSpec, ...]
    history: str
    note: str
    speaker: str = Field(exclude=True)


class WriteAction(Skill[Input, Utterance]):
    """Task and what the code so far printed -> the next code."""

    name = "write_action"
    purpose = "write the next code of an agent that acts by code"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(
            task=act.option("task") or artifacts.requirement.text.strip(),
            functions=(),
            history=transcript(artifacts),
            note=act.option("note"),
            speaker=act.role,
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        offered = offered_tools(tools, given.task)
        asked = given.model_copy(update={"functions": offered})
        return uttered(await say(tools, load(__file__), asked), given.speaker)
