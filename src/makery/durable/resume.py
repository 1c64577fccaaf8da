"""What a ledger says about its run. Pure: the same entries always give the same answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from makery.kernel.budget import Spent
from makery.kernel.completion import Usage
from makery.kernel.errors import StorageFailure
from makery.kernel.events import Answered, Entry, MessagePublished, ModelCalled, RunEnded, RunStarted
from makery.kernel.message import Message


@dataclass(frozen=True)
class History:
    """A run up to its last recorded event."""

    messages: tuple[Message, ...]
    """In the order they were published: what the pool held."""
    spent: Spent
    """Over all sittings."""
    ended: RunEnded | None
    """How the last sitting ended; None if it is under way or was killed."""
    sittings: int
    """How often the run was started or continued."""
    last: int
    """`seq` of the last entry; 0 if there is none."""


def read_history(entries: Iterable[Entry]) -> History:
    """The state in which a run's ledger leaves it.

    Raises:
        StorageFailure: a recorded message cannot be read by this version.
    """
    known = tuple(entries)
    starts = [entry for entry in known if isinstance(entry.event, RunStarted)]
    return History(
        messages=_messages(known),
        spent=_spent(known),
        ended=_ended(known),
        sittings=len(starts),
        last=known[-1].seq if known else 0,
    )


def _messages(entries: Iterable[Entry]) -> tuple[Message, ...]:
    """Each message once: a step repeated after a crash between its two records changes nothing."""
    found: dict[str, Message] = {}
    for entry in entries:
        if isinstance(entry.event, MessagePublished):
            message = _message(entry, entry.event)
            found.setdefault(message.id, message)
    return tuple(found.values())


def _message(entry: Entry, event: MessagePublished) -> Message:
    try:
        return Message.model_validate(event.message)
    except ValidationError as error:
        raise StorageFailure(
            f"Entry {entry.seq} of run {entry.run!r} holds a message that this version cannot read: "
            f"{error.errors()[0]['msg']}.",
            remedy="Continue it with the version that began it, or begin a new run.",
        ) from error


def _spent(entries: tuple[Entry, ...]) -> Spent:
    """What counts towards limits: recorded answers as calls, cached ones not at all."""
    calls = [entry.event for entry in entries if isinstance(entry.event, ModelCalled)]
    paid = [call for call in calls if call.source == "model"]
    return Spent(
        usage=sum((call.usage for call in paid), Usage()),
        usd=sum(call.usd for call in paid),
        seconds=_worked(entries),
        calls=sum(call.source != "cache" for call in calls),
    )


def _worked(entries: Iterable[Entry]) -> float:
    """Seconds of all sittings: the time between sittings is not used up."""
    sittings: list[list[Entry]] = []
    for entry in entries:
        if isinstance(entry.event, RunStarted) or not sittings:
            sittings.append([])
        sittings[-1].append(entry)
    return sum(map(_length, sittings))


def _length(sitting: list[Entry]) -> float:
    """As the sitting itself measured it; of a killed one, from its start to its last entry.

    The first was counted without regard to the machine's clock, which may be set while a run goes on.
    """
    ended = _ended(sitting)
    if ended is not None:
        return ended.seconds
    # An answer may have come days after the process had died. max: a clock that was set back must not
    # give time back.
    times = [entry.at for entry in sitting if not isinstance(entry.event, Answered)]
    return max(times) - times[0] if times else 0.0


def _ended(entries: Sequence[Entry]) -> RunEnded | None:
    for entry in reversed(entries):
        if isinstance(entry.event, RunStarted):
            return None
        if isinstance(entry.event, RunEnded):
            return entry.event
    return None
