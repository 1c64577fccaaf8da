"""What runs of workers want from outside, beside what every run wants."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from makery.durable.planned import Schedules
from makery.durable.steps import DurableEngine
from makery.kernel.budget import Budget
from makery.kernel.completion import ModelCall
from makery.kernel.message import Message
from makery.kernel.ports import EventSink, Workspace
from makery.store.reservations import Reservations
from makery.store.run_files import RunFiles
from makery.store.workers import WorkerRow

if TYPE_CHECKING:
    from makery.app.parts import Order, RunWorkspace
    from makery.durable.dbos_worker import Duties


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Spread:
    """A run whose acts are performed by workers."""

    tenant: str
    """On whose behalf: an organisation's id."""
    leaving: Callable[[], bool] = field(default=_never)
    """Whether another worker will go on with it when it is stopped here."""


class WorkParts(Protocol):
    """The part of `Parts` for workers."""

    def spread_engine(
        self, run: str, recorded: Iterable[Message], spread: Spread
    ) -> AbstractAsyncContextManager[DurableEngine]:
        """Has a run's acts performed by whichever worker is free.

        Raises:
            StorageFailure: the database cannot be used.
        """
        ...

    def reservations(self, run: str) -> Reservations:
        """What the run's calls under way may cost."""
        ...

    def run_files(self, run: str) -> RunFiles:
        """What the run wrote, as every worker sees it."""
        ...

    def shelved_workspace(self, run: str, root: Path) -> "RunWorkspace":
        """The run's workspace in a folder of this machine, made anew from what every worker sees."""
        ...

    def shelve(self, run: str, root: Path) -> None:
        """Make a repository's history seen by every worker, for a run that changes it."""
        ...

    def distant_workspace(self, run: str, root: Path) -> Workspace:
        """The run's workspace without a folder, for acts of a run that another process conducts."""
        ...

    async def make_call(self, order: "Order", budget: Budget, emit: EventSink, call: ModelCall) -> str:
        """Make a model call now; gives what is kept of it, as JSON.

        Raises:
            MakeryError: as the gateway says.
        """
        ...

    def workers(self) -> tuple[WorkerRow, ...]:
        """The workers that are known to live.

        Raises:
            StorageFailure: the database cannot be read.
        """
        ...

    def schedules(self) -> Schedules:
        """What is planned.

        Raises:
            SettingsError: the engine that is set has no schedules.
        """
        ...

    async def work(self, duties: "Duties", tell: Callable[[str], object]) -> None:
        """Take work from the queues until cancelled; then leave what is under way to other workers.

        Raises:
            StorageFailure: the database cannot be used at the start.
        """
        ...
