"""Which live view fits the terminal."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from makery.kernel.events import Event


class View(Protocol):
    """Shows a run's events as they happen, on standard error."""

    def __call__(self, event: Event, /) -> None: ...

    def shown(self) -> AbstractContextManager[None]:
        """The view is on the screen during the block."""
        ...


def choose_view(*, stream: bool) -> View:
    """A live display on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        from makery.interfaces.cli.live import LiveView

        return LiveView(stream=stream)
    from makery.interfaces.cli.plain import PlainView

    return PlainView(sys.stderr, stream=stream)


@contextmanager
def always_shown() -> Iterator[None]:
    """For views that need no screen."""
    yield
