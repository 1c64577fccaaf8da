"""What an evaluation is to do."""

from dataclasses import dataclass
from pathlib import Path

from makery.lab.line import Configuration
from makery.lab.provenance import Provenance
from makery.lab.task import Task


@dataclass(frozen=True)
class Plan:
    """Everything that was chosen before the first run."""

    configuration: Configuration
    tasks: tuple[Task, ...]
    provenance: Provenance
    model: str
    """What finds the model; the configuration holds no address or path."""
    out: Path
    """The file of result lines."""
    work: Path
    """Each run's program is in a folder below."""
    samples: int = 1
    subset: int | None = None
    jobs: int = 1
    """Tasks that are worked on at the same time."""
    unsafe_local: bool = False
    any_price: bool = False

    @property
    def total(self) -> int:
        """How many runs it is."""
        return len(self.tasks) * self.samples
