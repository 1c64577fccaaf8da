"""What the beginning of a run and its going on have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from makery.app.artifacts import read_artifact
from makery.app.lock import RunLock
from makery.app.options import AnyOrder, ResumeOptions, RunOptions, SkillOptions, TeamOptions
from makery.durable.resume import History
from makery.kernel.artifact import Artifact
from makery.kernel.documents import Requirement
from makery.kernel.errors import InputError
from makery.store.runs import RunRecord

Order = TypeVar("Order", bound=RunOptions)


def allowing(order: Order, more: ResumeOptions) -> Order:
    """The order with what the user allows when it goes on."""
    allowed = order.allow_unknown_price or more.allow_unknown_price
    return order.model_copy(update={"yes": order.yes or more.yes, "allow_unknown_price": allowed})


@contextmanager
def locked(folder: Path, run: str) -> Iterator[RunLock]:
    """The run's lock, given back at once if the block does not get to hand it on."""
    lock = RunLock.take(folder, run)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def given_by(options: AnyOrder) -> tuple[Artifact, ...]:
    """What the user hands in beside the requirement."""
    inputs = options.inputs if isinstance(options, SkillOptions | TeamOptions) else ()
    gates = (options.gates,) if options.gates else ()
    return (*gates, *(read_artifact(text) for text in inputs))


def without_url(model: str) -> str:
    """A model's name as everybody may see it."""
    name, at, _ = model.partition("@http")
    return f"custom/{name}" if at else name


def insist_on_going_on(record: RunRecord) -> None:
    """Refuse what was given up.

    Raises:
        InputError: the run was cancelled.
    """
    if record.status == "cancelled":
        raise InputError(
            f"Run {record.id!r} was cancelled.",
            remedy=f"Go on from one of its steps in a new run: makery runs fork {record.id} --at STEP",
        )


def first_of(history: History) -> Requirement | None:
    """The requirement with which a run began; None if it had not begun."""
    artifacts = (message.artifact for message in history.messages)
    return next((artifact for artifact in artifacts if isinstance(artifact, Requirement)), None)
