"""One task of a list, done with the results of earlier ones in mind."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import ToolResults, Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import load
from makery.skills.society.recall import recalled
from makery.skills.society.speak import offered_tools, say, uttered
from makery.skills.society.transcript import deeds


class Input(Frozen):
    objective: str
    earlier: tuple[str, ...]
    work: str
    """Tools used for this task so far, and what they gave."""
    note: str
    todo: str
    speaker: str = Field(exclude=True)
    with_tools: bool = Field(exclude=True)


class ExecuteTask(Skill[Input, Utterance]):
    """Objective, task and earlier results -> the task's result, or the tools it takes."""

    name = "execute_task"
    purpose = "do one task of a list"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        todo = act.option("todo")
        own = int(act.option("own", "0"))
        cut = len(artifacts) - own
        results = [turn.text for turn in Inputs(artifacts[:cut]).all(Utterance) if turn.text]
        return Input(
            objective=artifacts.requirement.text.strip(),
            earlier=recalled(results, todo),
            work=deeds(a for a in artifacts[cut:] if isinstance(a, Utterance | ToolResults)),
            note=act.option("note"),
            todo=todo,
            speaker=act.role,
            with_tools=act.option("tools", "yes") == "yes",
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        offered = offered_tools(tools, given.todo) if given.with_tools else ()
        return uttered(await say(tools, load(__file__), given, offered), given.speaker)
