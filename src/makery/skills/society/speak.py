"""The next turn of a conversation: what is said, or which tools are wanted."""

import re

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.completion import Completion
from makery.kernel.dialogue import Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.tool import ToolSpec
from makery.prompting import Sampling, Template, ask_turn, load
from makery.skills.society.transcript import transcript

MOST_TOKENS = 900
MOST_TOOLS = 10
"""In one prompt; of more, those that fit the need best are shown, and then others until there are so many."""


class Input(Frozen):
    task: str
    conversation: str
    note: str
    """What the protocol wants minded in this turn."""
    speaker: str
    with_tools: bool = Field(exclude=True)
    sample: int = Field(exclude=True)


class Speak(Skill[Input, Utterance]):
    """Task and conversation -> the next turn, which may ask for tools."""

    name = "speak"
    purpose = "say the next turn of a conversation, or ask for tools"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(
            task=act.option("task") or artifacts.requirement.text.strip(),
            conversation=transcript(artifacts),
            note=act.option("note"),
            speaker=act.role,
            with_tools=act.option("tools", "yes") == "yes",
            sample=int(act.option("sample", "0")),
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        need = f"{given.task} {given.conversation[-600:]}"
        offered = offered_tools(tools, need) if given.with_tools else ()
        completion = await say(tools, load(__file__), given, offered, sample=given.sample)
        return uttered(completion, given.speaker)


async def say(
    tools: Toolbox, template: Template, given: Frozen, offered: tuple[ToolSpec, ...] = (), *, sample: int = 0
) -> Completion:
    """A turn in the given template's words; samples beyond the first are drawn warmer."""
    temperature = 0.7 if sample else 0.0
    sampling = Sampling(max_tokens=MOST_TOKENS, temperature=temperature, sample=sample)
    return await ask_turn(tools, template, given, offered, sampling)


def offered_tools(tools: Toolbox, need: str) -> tuple[ToolSpec, ...]:
    """The role's tools; if it has very many, the ones that fit the need, and then as many others as fit in.

    A need in words that no tool has would otherwise leave the role without a tool.
    """
    names = tools.role.tools if tools.role else ()
    every = tools.toolset.offered(names)
    if len(every) <= MOST_TOOLS:
        return every
    found = tools.toolset.find(need, names, most=MOST_TOOLS)
    return (*found, *(spec for spec in every if spec not in found))[:MOST_TOOLS]


def uttered(completion: Completion, speaker: str) -> Utterance:
    """The turn without the speaker's name, which models like to put in front."""
    text = re.sub(rf"^\W*{re.escape(speaker)}\W*[:：]\s*", "", completion.text.strip(), flags=re.IGNORECASE)
    return Utterance(speaker=speaker, text=text.strip(), calls=completion.calls)
