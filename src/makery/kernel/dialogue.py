"""The artifacts of conversations: what the members of any society hand to each other."""

from typing import Literal

from pydantic import Field

from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.tool import ToolCall, ToolOutcome


class Utterance(Artifact):
    """What somebody said, and the tools that they want used."""

    speaker: str
    """The role's name."""
    text: str
    calls: tuple[ToolCall, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether something is to be done before the conversation goes on."""
        return bool(self.calls)


class ToolResults(Artifact):
    """What came of the calls of one utterance, in their order."""

    outcomes: tuple[ToolOutcome, ...]

    @property
    def failed(self) -> bool:
        """Whether any call failed."""
        return any(outcome.failed for outcome in self.outcomes)


class Executed(Artifact):
    """What came of the code in one utterance, run in the sandbox."""

    output: str
    """What it printed, and the error that ended it, if one did; bounded."""
    failed: bool = False
    answer: str | None = None
    """What the code handed to `final_answer`."""
    recorded: tuple[ToolOutcome, ...] = ()
    """The tool calls that the code made, in order."""
    pictures: tuple[str, ...] = ()
    """Files of the workspace that it drew."""
    repeatable: bool = True
    """Whether a cell is to be run again when its session is made anew."""


class Choice(Artifact):
    """A decision among names: the next speaker, the next state, the better answer."""

    choice: str
    reason: str = ""
    assumed: bool = False
    """Nobody chose: no usable answer came, and the first name stands in for one."""


class Agenda(Artifact):
    """Tasks that are still to be done, the next one first."""

    tasks: tuple[str, ...]


class Part(Frozen):
    """One part of a task."""

    text: str
    needs: tuple[int, ...] = ()
    """Numbers of earlier parts, from 1, whose results it needs."""


class TaskGraph(Artifact):
    """The parts of a task; none needs a later one."""

    parts: tuple[Part, ...]


class Opinion(Artifact):
    """An answer with the reasoning that led to it, in a debate."""

    speaker: str
    reasoning: str
    answer: str


class Memory(Frozen):
    """One thing that a character remembers."""

    text: str
    importance: int = Field(ge=1, le=10)
    at: int
    """The hour or round in which it was made."""
    kind: Literal["observation", "reflection", "plan"] = "observation"


class Memories(Artifact):
    """What a character adds to its memory stream; for nobody else."""

    owner: str
    entries: tuple[Memory, ...]


class Deed(Artifact):
    """What a character does for an hour, and what it says; for those who are there."""

    who: str
    place: str
    doing: str
    says: str = ""


class Bid(Artifact):
    """How much somebody wants to speak next, from 0 to 10."""

    who: str
    urgency: int = Field(ge=0, le=10)


class Ending(Artifact):
    """How a conversation ended."""

    text: str
    """The result, for the user."""
    reason: str
    """Which condition ended it."""
    outcome: Literal["done", "stopped", "looping"] = "done"
    """`stopped`: a limit on turns; `looping`: the loop guard ended it, and `text` is its report."""
