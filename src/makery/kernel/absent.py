"""What stands where a run has no tools and nobody to ask."""

from collections.abc import Sequence

from makery.kernel.cells import CellEnd, CellRun
from makery.kernel.completion import UNNAMED, Purpose
from makery.kernel.errors import SandboxUnavailable
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

    async def call(
        self, call: ToolCall, names: Sequence[str], /, *, purpose: Purpose = UNNAMED
    ) -> ToolOutcome:
        """An outcome that says so."""
        return ToolOutcome(call=call.id, tool=call.tool, text="There are no tools here.", failed=True)


class Nobody:
    """The `People` port where nobody is."""

    async def ask(self, question: Question, /) -> str | None:
        """None."""
        return None


class NoNotebook:
    """The `Notebook` port where no session can be had."""

    async def run(self, wanted: CellRun, /) -> CellEnd:
        """Nothing.

        Raises:
            SandboxUnavailable: always.
        """
        raise SandboxUnavailable(
            "Code cannot be run cell by cell in this sandbox.",
            remedy="Use bubblewrap, or accept the risk with --unsafe-local.",
        )
