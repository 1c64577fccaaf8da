"""The tools that a turn asked for, used all at once."""

import asyncio

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import ToolResults, Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.tool import ToolCall


class Input(Frozen):
    calls: tuple[ToolCall, ...]


class UseTools(Skill[Input, ToolResults]):
    """The last turn -> what came of its calls. A failure is a result, for the model to read."""

    name = "use_tools"
    purpose = "use the tools that a turn asked for, side by side"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(calls=artifacts.one(Utterance).calls)

    async def run(self, given: Input, tools: Toolbox) -> ToolResults:
        names = tools.role.tools if tools.role else ()
        outcomes = await asyncio.gather(*(tools.toolset.call(call, names) for call in given.calls))
        return ToolResults(outcomes=tuple(outcomes))
