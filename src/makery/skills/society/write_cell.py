"""The next step of an interpreter: a cell of code, or an answer in words."""

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Executed, Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import load
from makery.skills.society.run_cell import cell_of
from makery.skills.society.speak import say, uttered
from makery.skills.society.transcript import transcript


class Input(Frozen):
    task: str
    """What the user said last."""
    history: str
    note: str
    again: bool
    """Whether code was run since then."""
    speaker: str = Field(exclude=True)


class WriteCell(Skill[Input, Utterance]):
    """What the user said last and what happened so far -> code for the session, or an answer."""

    name = "write_cell"
    purpose = "write the next code of an interpreter's session, or answer"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        user = act.option("user")
        asked = [
            turn.text for turn in artifacts.all(Utterance) if turn.speaker == user and not cell_of(turn.text)
        ]
        return Input(
            task=asked[-1] if asked else artifacts.requirement.text.strip(),
            history=transcript(artifacts),
            note=act.option("note"),
            again=isinstance(artifacts[-1], Executed),
            speaker=act.role,
        )

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        return uttered(await say(tools, load(__file__), given), given.speaker)
