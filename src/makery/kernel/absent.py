"""What stands where a run has no tools and nobody to ask."""

from collections.abc import Sequence

from makery.kernel.ports import Question
from makery.kernel.tool import ToolCall, ToolOutcome, ToolSpec


class NoTools:
    """The `Toolset` port without a tool."""

    def offered(self, names: Sequence[str], /) -> tuple[ToolSpec, ...]:
        """Nothing."""
        return ()

    def find(self, need: str, names: Sequence[str], /, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """Nothing."""
        return ()

    async def call(self, call: ToolCall, names: Sequence[str], /) -> ToolOutcome:
        """An outcome that says so."""
        return ToolOutcome(call=call.id, tool=call.tool, text="There are no tools here.", failed=True)


class Nobody:
    """The `People` port where nobody is."""

    async def ask(self, question: Question, /) -> str | None:
        """None."""
        return None
