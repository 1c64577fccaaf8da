"""A run as a live display on a terminal."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from makery.interfaces.cli.progress import Progress
from makery.interfaces.cli.text import duration, usage
from makery.kernel.events import ActFailed, Event, ModelRetried, StepAccepted

_STEPS, _TEXT_LINES = 4, 12


class LiveView:
    """Who works on what, what was accepted, clauses checked, tokens, cost and time; `s` shows the text."""

    def __init__(self, console: Console | None = None, *, stream: bool = False) -> None:
        self._console = console or Console(stderr=True)
        self._stream = stream
        self._progress = Progress()
        self._live = Live(
            get_renderable=self.render, console=self._console, refresh_per_second=4, transient=True
        )

    def __call__(self, event: Event, /) -> None:
        """Take an event; notes that should stay on the screen are printed above the display."""
        self._progress.take(event)
        match event:
            case StepAccepted():
                self._console.print(Text(f"✓ {event.summary}", style="green"))
            case ActFailed():
                # Why is told once, at the end: the error ends the run, perhaps in several acts at once.
                self._console.print(Text(f"✗ {event.role} {event.skill}", style="red"))
            case ModelRetried():
                self._console.print(Text(f"↻ {event.purpose.role}: {event.reason}", style="yellow"))
            case _:
                pass

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The display is on the screen during the block."""
        with _keys(self._on_key), self._live:
            yield

    def render(self) -> RenderableType:
        """The display as it stands."""
        state = self._progress
        parts: list[RenderableType] = [self._head(), self._bar()]
        if state.working:
            parts.append(self._working())
        if self._stream and state.streamed:
            tail = "\n".join(state.streamed.splitlines()[-_TEXT_LINES:])
            parts.append(Text(f"── {state.writer}\n{tail}", style="dim"))
        parts.append(Text("s shows or hides the text, Ctrl-C stops cleanly", style="dim"))
        return Group(*parts)

    def _head(self) -> Text:
        state = self._progress
        text = (
            f"{state.run}  {state.mode}, {state.model}  {duration(state.seconds)}  {usage(state.meter.total)}"
        )
        return Text(text, style="bold", no_wrap=True, overflow="ellipsis")

    def _bar(self) -> RenderableType:
        state = self._progress
        row = Table.grid(padding=(0, 1))
        row.add_row(
            ProgressBar(total=max(state.clauses, 1), completed=len(state.checked), width=30),
            Text(f"{len(state.checked)} of {state.clauses} clauses checked, {state.commands} commands run"),
        )
        return row

    def _working(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for work in self._progress.working.values():
            table.add_row(
                Text(work.role, style="cyan"),
                Text(work.about),
                Text(duration(self._progress.clock() - work.since)),
            )
        return table

    def _on_key(self, key: str) -> None:
        if key == "s":
            self._stream = not self._stream


@contextmanager
def _keys(take: object) -> Iterator[None]:
    """Single keys are taken while the block runs, where standard input is a terminal that allows it."""
    if not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    saved = termios.tcgetattr(sys.stdin)
    over = threading.Event()
    listener = threading.Thread(target=_listen, args=(take, over), daemon=True)
    try:
        tty.setcbreak(sys.stdin)
        listener.start()
        yield
    finally:
        over.set()
        listener.join()
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


def _listen(take: object, over: threading.Event) -> None:
    import os
    import select

    handle = sys.stdin.fileno()
    while not over.is_set():
        ready, _, _ = select.select([handle], [], [], 0.1)
        if ready:
            take(os.read(handle, 1).decode(errors="replace"))  # type: ignore[operator]
