"""Code that is run cell by cell in one session, as in a notebook: variables stay from cell to cell."""

from typing import Literal, Protocol

from pydantic import ConfigDict

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Purpose

Tongue = Literal["python", "shell", "javascript"]


class Cell(Frozen):
    """A piece of code."""

    language: Tongue
    code: str


class CellRun(Frozen):
    """A cell to run in the session that the earlier cells have made."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    cell: Cell
    earlier: tuple[Cell, ...] = ()
    """Where no session has run exactly these, a new one runs them again first."""
    files: tuple[tuple[str, bytes], ...] = ()
    """What the folder of the session is to hold before the cell: path and content."""
    purpose: Purpose = Purpose()


class CellEnd(Frozen):
    """What came of a cell."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    output: str
    """What it printed, its last value, its error; bounded."""
    failed: bool = False
    lost: bool = False
    """The session ended with it."""
    stopped: bool = False
    """It took too long."""
    note: str = ""
    """What happened to the session, if something did."""
    written: tuple[tuple[str, bytes], ...] = ()
    """Files that are new or changed."""
    removed: tuple[str, ...] = ()

    @property
    def repeatable(self) -> bool:
        """Whether it is to be run again when the session is made anew."""
        return not (self.lost or self.stopped)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Of the written files, those that can be looked at."""
        return tuple(path for path, _ in self.written if is_picture(path))


class Notebook(Protocol):
    """The only door to running code cell by cell."""

    async def run(self, wanted: CellRun, /) -> CellEnd:
        """Run a cell after the earlier ones; its output is told to the run's live views as it comes.

        Raises:
            SandboxUnavailable: no session can be had on this machine.
        """
        ...


def is_picture(path: str) -> bool:
    """Whether a file is a picture, by its name."""
    return path.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".svg"))
