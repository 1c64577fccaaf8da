"""A run as a numbered list of steps: what `fork` and `diff` speak about."""

from collections.abc import Iterable, Sequence

from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError
from makery.kernel.events import ActStarted, Entry, MessagePublished
from makery.kernel.message import Message


class RunStep(Frozen):
    """One act that ended."""

    number: int
    """From 1, in the order in which acts ended."""
    seq: int
    """Of its entry in the ledger."""
    at: float
    """Unix time, seconds."""
    act: str
    label: str
    message: Message

    @property
    def about(self) -> str:
        """What it is about, for people."""
        return self.label or self.message.skill


def steps_of(entries: Iterable[Entry]) -> tuple[RunStep, ...]:
    """The acts of a run that ended, each once."""
    labels: dict[str, str] = {}
    steps: dict[str, RunStep] = {}
    for entry in entries:
        if isinstance(entry.event, ActStarted):
            labels[entry.event.act] = entry.event.label
        elif isinstance(entry.event, MessagePublished) and entry.event.act:
            act = entry.event.act
            if act not in steps:
                message = Message.model_validate(entry.event.message)
                steps[act] = RunStep(
                    number=len(steps) + 1,
                    seq=entry.seq,
                    at=entry.at,
                    act=act,
                    label=labels.get(act, ""),
                    message=message,
                )
    return tuple(steps.values())


def of_skill(steps: Sequence[RunStep], wanted: str) -> tuple[RunStep, ...]:
    """The steps of the skill of that name."""
    return tuple(step for step in steps if step.message.skill == wanted)


def find_step(steps: Sequence[RunStep], wanted: str, *, run: str) -> RunStep:
    """The step of that number, or the first one of that skill.

    Raises:
        InputError: there is none; says which there are.
    """
    for step in steps:
        if wanted in (str(step.number), step.message.skill):
            return step
    if not steps:
        raise InputError(f"Run {run!r} has no finished step yet.", remedy=f"See: makery runs show {run}")
    raise InputError(
        f"Run {run!r} has no step {wanted!r}: they are numbered 1 to {len(steps)}.",
        remedy=f"See: makery runs show {run} --steps",
    )
