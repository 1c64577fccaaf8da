"""What somebody who looks at a run may see: what their role may know, and nothing that others were told."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Purpose
from makery.kernel.events import (
    ActFailed,
    ActStarted,
    Answered,
    CommandRun,
    Entry,
    Event,
    MessagePublished,
    ModelCalled,
    ModelRetried,
    PersonAsked,
    TextStreamed,
)
from makery.kernel.message import EVERYONE, USER, Message

HIDDEN = "…"
"""In the place of a role, a skill or a model that is not to be known."""

M = TypeVar("M", bound=Message)


class Sight(Frozen):
    """With whose eyes a run is looked at. The scheduler guards what roles read, this what persons read."""

    seats: tuple[str, ...] | None = None
    """Roles; None for somebody who sees everything."""
    one_screen: bool = False
    """All seats are the same person's, who sees what any of them may; else only what all of them may."""

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden."""
        return self.seats is None

    def reads(self, audience: Iterable[str], sender: str = "") -> bool:
        """Whether somebody with this sight may know what that role told those."""
        if self.seats is None:
            return True
        told = {*audience, sender}
        among = any if self.one_screen else all
        return EVERYONE in told or among(seat in told for seat in self.seats)

    def messages(self, messages: Iterable[M]) -> Iterator[M]:
        """Those that may be read. What the user gave at the start is everybody's."""
        return (m for m in messages if m.sender == USER or self.reads(m.audience, m.sender))

    def entries(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """What of a ledger may be seen, see `event`; numbers of what is left out are missing."""
        for entry in entries:
            seen = self.event(entry.event)
            if seen is not None:
                yield entry if seen is entry.event else entry.model_copy(update={"event": seen})

    def event(self, event: Event) -> Event | None:
        """What of an event may be seen, None if nothing.

        What a call cost counts for everybody; who made it and why is left out. Of a command, which belongs
        to no audience, only how it ended is shown.
        """
        if self.seats is None:
            return event
        match event:
            case MessagePublished():
                sender = event.message.get("sender", "")
                shown = sender == USER or self.reads(event.message.get("audience", (EVERYONE,)), sender)
                return event if shown else None
            case ActStarted() | ActFailed() | PersonAsked() | Answered():
                return event if self.reads(event.audience, event.role) else None
            case TextStreamed() | ModelRetried():
                return event if self._reads(event.purpose) else None
            case ModelCalled():
                return event if self._reads(event.purpose) else event.model_copy(update=_ANONYMOUS)
            case CommandRun():
                return event.model_copy(update={"argv": ()})
            case _:
                return event

    def _reads(self, purpose: Purpose) -> bool:
        return self.reads(purpose.audience, purpose.role)


EVERYTHING = Sight()

_ANONYMOUS: dict[str, Any] = {
    "purpose": Purpose(role=HIDDEN, skill=HIDDEN),
    "model": HIDDEN,
    "template": "",
    "version": "",
    "digest": "",
}
