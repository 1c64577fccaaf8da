"""Runs the code of a turn in the run's session: variables stay from cell to cell."""

from collections.abc import Iterable

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.cells import Cell, CellEnd, CellRun, Tongue
from makery.kernel.dialogue import Executed, Utterance
from makery.kernel.paths import path_problem
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import code_blocks
from makery.skills.society.run_blocks import text_or_bytes

TONGUES: dict[str, Tongue] = {
    **dict.fromkeys(("python", "py", "python3"), "python"),
    **dict.fromkeys(("shell", "sh", "bash", "zsh", "console"), "shell"),
    **dict.fromkeys(("javascript", "js", "node"), "javascript"),
}
"""By what stands behind the fence."""
_MOST_CHARACTERS = 4000


class Input(Frozen):
    cell: Cell
    earlier: tuple[Cell, ...]


class RunCell(Skill[Input, Executed]):
    """The last turn and the cells before it -> what came of its code. Files go in and come out."""

    name = "run_cell"
    purpose = "run code in the session of an interpreter"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        *earlier, cell = _cells(artifacts)
        return Input(cell=cell, earlier=tuple(earlier))

    async def run(self, given: Input, tools: Toolbox) -> Executed:
        files = tuple(tools.workspace.as_bytes().items())
        wanted = CellRun(cell=given.cell, earlier=given.earlier, files=files, purpose=tools.purpose)
        end = await tools.notebook.run(wanted)
        _keep(end, tools)
        pictures = tuple(path for path in end.pictures if not path_problem(path))
        return Executed(output=_shown(end), failed=end.failed, pictures=pictures, repeatable=end.repeatable)


def cell_of(text: str) -> Cell | None:
    """The first fenced block of a turn that can be run, if there is one."""
    blocks = code_blocks(text) if "```" in text or "~~~" in text else []
    for block in blocks:
        tongue = TONGUES.get(block.info.lower() or "python")
        if tongue is not None and block.code.strip():
            return Cell(language=tongue, code=block.code)
    return None


def fenced(cell: Cell) -> str:
    """A cell as a turn shows it."""
    return f"```{cell.language}\n{cell.code.rstrip()}\n```"


def _cells(artifacts: Iterable[Artifact]) -> list[Cell]:
    """The cells that were run and can be run again, and last the one that is to be run."""
    ran: list[Cell] = []
    current: Cell | None = None
    for artifact in artifacts:
        if isinstance(artifact, Utterance):
            current = cell_of(artifact.text) or current
        elif isinstance(artifact, Executed) and current is not None:
            ran += [current] if artifact.repeatable else []
            current = None
    return [*ran, *([current] if current else [])]


def _keep(end: CellEnd, tools: Toolbox) -> None:
    usable = {path: text_or_bytes(data) for path, data in end.written if not path_problem(path)}
    removed = [path for path in end.removed if not path_problem(path)]
    if usable or removed:
        tools.workspace.put(usable, remove=removed)


def _shown(end: CellEnd) -> str:
    files = [path for path, _ in end.written]
    parts = (end.note, end.output.strip(), f"[Files written: {', '.join(files[:12])}]" if files else "")
    text = "\n".join(filter(None, parts)) or "It ran and printed nothing. Use print."
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:2500]}\n[…]\n{text[-1400:]}"
