"""The file in which an engine says where it answers, and the files beside it."""

import hashlib
import os
import re
from pathlib import Path

from pydantic import Field, ValidationError

from makery.kernel.artifact import Frozen
from makery.llm.embedded.process import process_identity


class EngineState(Frozen):
    """A ready engine. The file is readable by its owner only: it holds the key."""

    pid: int
    identity: str
    """Start time of that process, so that a later one with the same number is not taken for it."""
    started: str
    """ISO 8601, UTC."""
    port: int
    key: str = Field(repr=False)
    model: str
    path: str
    """Of the weights."""
    size: int
    """Of the weights, in bytes."""
    sha256: str
    """The pinned one of an embedded model, '' for a user's own file."""
    slots: int
    version: str
    """Of the engine's library."""

    def runs(self) -> bool:
        """Whether the process that wrote this still runs."""
        return process_identity(self.pid) == self.identity

    @staticmethod
    def read(path: Path) -> "EngineState | None":
        """What the file says; None if there is none, or none of this version of Makery."""
        try:
            return EngineState.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            return None

    def write(self, path: Path) -> None:
        """Put it in place at once and whole."""
        draft = path.with_suffix(f".{self.pid}.tmp")
        draft.unlink(missing_ok=True)
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(self.model_dump_json(indent=2))
        draft.replace(path)


class EngineFiles:
    """The files of one model's engine below a state folder."""

    def __init__(self, folder: Path, weights: Path) -> None:
        digest = hashlib.sha256(str(weights).encode()).hexdigest()[:8]
        stem = f"engine-{re.sub(r'[^A-Za-z0-9.]+', '-', weights.stem)}-{digest}"
        self.state = folder / f"{stem}.json"
        self.log = folder / f"{stem}.log"
        self.lock = folder / f"{stem}.lock"

    @staticmethod
    def states(folder: Path) -> tuple[Path, ...]:
        """The state files of all engines."""
        return tuple(sorted(folder.glob("engine-*.json")))

    def last_log_lines(self, count: int = 8) -> str:
        """The end of the log, for an error message."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([line for line in lines if line.strip()][-count:])
