"""Where the events of a run go: into the ledger first, then to everybody who looks on."""

from collections.abc import Iterable

from makery.kernel.events import Event, TextStreamed
from makery.kernel.ports import EventSink, Ledger


class FanOut:
    """An `EventSink` that stores an event before anybody relies on it.

    Streamed text is for live views only and never stored.
    """

    def __init__(self, run: str, ledger: Ledger, subscribers: Iterable[EventSink] = ()) -> None:
        self._run = run
        self._ledger = ledger
        self._subscribers = tuple(subscribers)

    def __call__(self, event: Event, /) -> None:
        """Store and pass on one event.

        Raises:
            StorageFailure: the ledger cannot be written; nobody is told then.
        """
        if not isinstance(event, TextStreamed):
            self._ledger.append(self._run, event)
        for subscriber in self._subscribers:
            subscriber(event)
