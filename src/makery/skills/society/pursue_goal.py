"""The next step towards a goal: thoughts, plan, criticism of oneself, and the command."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import load
from makery.skills.society.recall import recalled
from makery.skills.society.speak import offered_tools, say, uttered
from makery.skills.society.transcript import deeds, transcript

_NEWEST = 12
"""Messages that are shown whole; of older ones, what matters now is recalled."""


class Input(Frozen):
    goal: str
    memory: tuple[str, ...]
    history: str
    note: str
    steps_left: str
    speaker: str = Field(exclude=True)


class PursueGoal(Skill[Input, Utterance]):
    """Goal, memory and the last steps -> the next command, or the result."""

    name = "pursue_goal"
    purpose = "think, plan, criticise and take the next step towards a goal"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        goal = artifacts.requirement.text.strip()
        older = [text for a in artifacts[:-_NEWEST] if (text := transcript((a,)))]
        return Input(
            goal=goal,
            memory=recalled([text[:600] for text in older], goal + transcript(artifacts[-2:])),
            history=deeds(artifacts[-_NEWEST:]),
            note=act.option("note"),
            steps_left=act.option("steps_left"),
            speaker=act.role,
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        offered = offered_tools(tools, f"{given.goal} {given.history[-600:]}")
        turn = uttered(await say(tools, load(__file__), given, offered), given.speaker)
        # One command a step, as in AutoGPT: what the next one is depends on what this one gives.
        return turn.model_copy(update={"calls": turn.calls[:1]})
