"""The artifacts of conversations: what the members of any society hand to each other."""

from typing import Literal

from makery.kernel.artifact import Artifact
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


class Choice(Artifact):
    """A decision among names: the next speaker, the next state, the better answer."""

    choice: str
    reason: str = ""


class Agenda(Artifact):
    """Tasks that are still to be done, the next one first."""

    tasks: tuple[str, ...]


class Opinion(Artifact):
    """An answer with the reasoning that led to it, in a debate."""

    speaker: str
    reasoning: str
    answer: str


class Ending(Artifact):
    """How a conversation ended."""

    text: str
    """The result, for the user."""
    reason: str
    """Which condition ended it."""
    outcome: Literal["done", "stopped", "looping"] = "done"
    """`stopped`: a limit on turns; `looping`: the loop guard ended it, and `text` is its report."""
