"""The tools that a turn asked for: in its order, and side by side where they only read."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import groupby

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import ToolResults, Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.tool import ToolCall, ToolOutcome


class Input(Frozen):
    calls: tuple[ToolCall, ...]


class UseTools(Skill[Input, ToolResults]):
    """The last turn -> what came of its calls. A failure is a result, for the model to read."""

    name = "use_tools"
    purpose = "use the tools that a turn asked for"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(calls=artifacts.one(Utterance).calls)

    async def run(self, given: Input, tools: Toolbox) -> ToolResults:
        names = tools.role.tools if tools.role else ()
        reading = {spec.name for spec in tools.toolset.offered(names) if spec.reads}
        use = partial(_used, tools, names)
        outcomes: list[ToolOutcome] = []
        for reads, calls in groupby(given.calls, key=lambda call: call.tool in reading):
            if reads:
                outcomes += await asyncio.gather(*map(use, calls))
            else:  # what one writes, the next one may read
                outcomes += [await use(call) for call in calls]
        return ToolResults(outcomes=tuple(outcomes))


async def _used(tools: Toolbox, names: Sequence[str], call: ToolCall) -> ToolOutcome:
    return await tools.toolset.call(call, names, purpose=tools.purpose)
