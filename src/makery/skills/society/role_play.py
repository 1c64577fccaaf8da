"""The three turns of role playing: making the task specific, giving instructions, carrying them out."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import load
from makery.skills.society.speak import say, uttered
from makery.skills.society.transcript import transcript

DONE = "CAMEL_TASK_DONE"
"""What the instructor says when the task is done: the original's own word, with or without its brackets."""


class Input(Frozen):
    task: str
    assistant: str
    user: str
    """Titles of the two who play."""
    conversation: str
    note: str
    speaker: str = Field(exclude=True)
    sample: int = Field(exclude=True)


class _Playing(Skill[Input, Utterance]):
    """Task, both roles and the dialogue -> a turn."""

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(
            task=act.option("task") or artifacts.requirement.text.strip(),
            assistant=act.option("assistant"),
            user=act.option("user"),
            conversation=transcript(artifacts),
            note=act.option("note"),
            speaker=act.role,
            sample=int(act.option("sample", "0")),
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        template = load(__file__.replace("role_play.py", f"{self.name}.py"))
        return uttered(await say(tools, template, given, sample=given.sample), given.speaker)


class SpecifyTask(_Playing, Skill[Input, Utterance]):
    """An idea -> a task that two can finish."""

    name = "specify_task"
    purpose = "make a task specific for the two who will play it"


class Instruct(_Playing, Skill[Input, Utterance]):
    """The dialogue -> the next instruction, or that the task is done."""

    name = "instruct"
    purpose = "give the next instruction of a role play"


class CarryOut(_Playing, Skill[Input, Utterance]):
    """The last instruction -> its solution."""

    name = "carry_out"
    purpose = "carry out the last instruction of a role play"
