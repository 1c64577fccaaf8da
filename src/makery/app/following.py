"""The events of runs as they happen, whichever process works on them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from makery.kernel.errors import MakeryError
from makery.kernel.events import Entry, Event, TextStreamed
from makery.kernel.ports import EventSink
from makery.kernel.sight import Sight

POLL_SECONDS = 0.2
"""How often the ledger is looked at for a run of another process; one of this process wakes its watchers."""
KEPT = 512
"""Entries that a run's channel remembers, and pieces of text that wait for one watcher.

Whoever falls further behind reads the ledger again; text that nobody fetched in time is lost to that watcher.
"""

Read = Callable[[str, int], Sequence[Entry]]


class Watch:
    """Lets many follow many runs: the ledger is read once a run, however many look on.

    Args:
        read: a run's entries after a number.
        is_over: whether nobody works on a run any more.
    """

    def __init__(self, read: Read, is_over: Callable[[str], bool]) -> None:
        self._read = read
        self._is_over = is_over
        self._loop = asyncio.get_running_loop()
        self._channels: dict[str, _Channel] = {}

    def sink(self, run: str) -> EventSink:
        """Takes a run's events, from any thread, and wakes those who follow it."""

        def tell(event: Event, /) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._tell, run, event)

        return tell

    async def follow(
        self, run: str, sight: Sight, *, after: int = 0, text: bool = False
    ) -> AsyncIterator[Entry | TextStreamed]:
        """What may be seen of a run's entries after a number, then of those that come, until it stops.

        With `text` also what models write, as it comes, if this process works on the run.

        Raises:
            StorageFailure: the ledger cannot be read.
        """
        with self._joined(run, after, text) as (channel, inbox):
            last = after
            while True:
                inbox.news.clear()
                entries = await self._since(channel, run, last)
                while inbox.texts:
                    piece = inbox.texts.popleft()
                    if sight.event(piece) is not None:
                        yield piece
                for entry in sight.entries(entries):
                    yield entry
                last = entries[-1].seq if entries else last
                if channel.error is not None:
                    raise channel.error
                if channel.over and last >= channel.last:
                    return
                await inbox.news.wait()

    async def _since(self, channel: "_Channel", run: str, last: int) -> Sequence[Entry]:
        recent = channel.recent
        if recent and recent[0].seq <= last + 1:
            return [entry for entry in recent if entry.seq > last]
        if channel.last <= last:
            return ()
        return await asyncio.to_thread(self._read, run, last)

    def _tell(self, run: str, event: Event) -> None:
        channel = self._channels.get(run)
        if channel is None:
            return
        if not isinstance(event, TextStreamed):
            channel.wake.set()
            return
        for inbox in channel.inboxes:
            if inbox.wants_text:
                inbox.texts.append(event)
                inbox.news.set()

    @contextmanager
    def _joined(self, run: str, after: int, text: bool) -> Iterator[tuple["_Channel", "_Inbox"]]:
        channel = self._channels.get(run)
        if channel is None or channel.over:  # over, and somebody who has not noticed yet: it may go on again
            channel = self._channels[run] = _Channel(after)
            channel.task = asyncio.create_task(self._pump(run, channel))
        inbox = _Inbox(text)
        channel.inboxes.add(inbox)
        try:
            yield channel, inbox
        finally:
            channel.inboxes.discard(inbox)
            if not channel.inboxes:
                channel.task.cancel()
                if self._channels.get(run) is channel:
                    del self._channels[run]

    async def _pump(self, run: str, channel: "_Channel") -> None:
        """Fetches new entries for everybody until the run is over."""
        try:
            while not channel.over:
                # Asked before reading: what was written before the end is then read for certain.
                over = await asyncio.to_thread(self._is_over, run)
                entries = await asyncio.to_thread(self._read, run, channel.last)
                channel.take(entries)
                if over:
                    channel.end()
                else:
                    await _nudged(channel.wake)
        except MakeryError as error:
            channel.end(error)


class _Inbox:
    """What waits for one watcher."""

    def __init__(self, wants_text: bool) -> None:
        self.wants_text = wants_text
        self.texts: deque[TextStreamed] = deque(maxlen=KEPT)
        self.news = asyncio.Event()


class _Channel:
    """Those who follow one run, and what they share."""

    task: "asyncio.Task[None]"

    def __init__(self, after: int) -> None:
        self.inboxes: set[_Inbox] = set()
        self.recent: deque[Entry] = deque(maxlen=KEPT)
        self.last = after
        self.over = False
        self.error: MakeryError | None = None
        self.wake = asyncio.Event()

    def take(self, entries: Sequence[Entry]) -> None:
        """Remember new entries and wake everybody."""
        if entries:
            self.recent.extend(entries)
            self.last = entries[-1].seq
            self._wake_all()

    def end(self, error: MakeryError | None = None) -> None:
        """Nothing more will come."""
        self.over, self.error = True, error
        self._wake_all()

    def _wake_all(self) -> None:
        for inbox in self.inboxes:
            inbox.news.set()


async def _nudged(event: asyncio.Event) -> None:
    """Waits for the event, but not longer than until the next look at the ledger."""
    with suppress(TimeoutError):
        async with asyncio.timeout(POLL_SECONDS):
            await event.wait()
    event.clear()
