"""What a run uses, by role and skill: folded from its events."""

from collections.abc import Iterable

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Usage
from makery.kernel.events import Event, ModelCalled


class Tally(Frozen):
    """Model calls added up. Answers from a cache or recording count as calls, but cost nothing."""

    calls: int = 0
    usage: Usage = Usage()
    usd: float = 0.0
    seconds: float = 0.0
    """Time that the calls took, added up; calls may overlap."""

    def plus(self, call: ModelCalled) -> "Tally":
        """With one more call."""
        paid = call.source == "model"
        return Tally(
            calls=self.calls + 1,
            usage=self.usage + call.usage,
            usd=self.usd + (call.usd if paid else 0.0),
            seconds=self.seconds + (call.seconds if paid else 0.0),
        )


class Meter:
    """An `EventSink` that adds up model calls."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.total = Tally()
        self.by_work: dict[tuple[str, str], Tally] = {}
        """By role and skill, in the order of their first call."""
        for event in events:
            self(event)

    def __call__(self, event: Event, /) -> None:
        """Add one event; those that are no model calls change nothing."""
        if isinstance(event, ModelCalled):
            self.total = self.total.plus(event)
            key = (event.purpose.role, event.purpose.skill)
            self.by_work[key] = self.by_work.get(key, Tally()).plus(event)
