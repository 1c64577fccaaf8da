"""A session that runs nothing."""

from collections import deque

from makery.kernel.cells import CellEnd, CellRun
from makery.testing.scripted_model import UnexpectedCall


class FakeNotebook:
    """The `Notebook` port: cells end as they are said to, in order.

    Args:
        ends: how each cell ends; a text is the output of one that went well.
    """

    def __init__(self, *ends: CellEnd | str) -> None:
        self.runs: list[CellRun] = []
        """Everything asked for, in order."""
        self._ends = deque(ends)

    async def run(self, wanted: CellRun, /) -> CellEnd:
        """The next end.

        Raises:
            UnexpectedCall: there is none left.
        """
        self.runs.append(wanted)
        if not self._ends:
            raise UnexpectedCall(f"No end is left for the cell {wanted.cell.code[:80]!r}.")
        end = self._ends.popleft()
        return CellEnd(output=end) if isinstance(end, str) else end
