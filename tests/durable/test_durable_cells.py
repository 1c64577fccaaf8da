"""A cell that ended is not run again, and its files come back byte for byte."""

from makery.durable.cells import DurableNotebook
from makery.durable.steps import Kept, Work
from makery.kernel.cells import Cell, CellEnd, CellRun
from makery.kernel.completion import Purpose
from makery.testing import FakeNotebook


class Memory:
    """Steps that are kept in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def once(self, key: str, work: Work, /, *, repeatable: bool = False) -> Kept:
        fresh = key not in self.kept
        if fresh:
            self.kept[key] = await work()
        return Kept(self.kept[key], fresh=fresh)


async def test_a_finished_cell_gives_its_result_without_a_session() -> None:
    end = CellEnd(output="drawn", written=(("plot-1.png", b"\x89PNG\x00\xff"),), removed=("old.txt",))
    steps, inner = Memory(), FakeNotebook(end, "other")
    cell = Cell(language="python", code="draw()")
    wanted = CellRun(cell=cell, files=(("in.bin", b"\xff\x00"),), purpose=Purpose(act="a"))

    notebook = DurableNotebook(inner, steps)
    assert await notebook.run(wanted) == end
    again = DurableNotebook(FakeNotebook(), steps)
    assert await again.run(wanted.model_copy(update={"purpose": Purpose(act="b")})) == end
    assert (await notebook.run(wanted.model_copy(update={"files": ()}))).output == "other"
