"""Connections on which no request comes, or no answer is taken: let go, so that they are not all held."""

import asyncio
import logging

from uvicorn.protocols.http.h11_impl import H11Protocol

_log = logging.getLogger(__name__)

HEAD_SECONDS = 30.0
SEND_SECONDS = 30.0
"""A reader that takes nothing of an answer for so long is let go."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1, as uvicorn has it, with bounds on the time until the head of a request is whole, and on the
    time in which nothing of an answer is taken.

    uvicorn bounds the pause between two requests, but would wait for ever for the rest of one that began,
    and for a reader that stopped reading. How long a body may take is bounded by the application.
    """

    head_seconds = HEAD_SECONDS
    send_seconds = SEND_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        self._wait()
        super().data_received(data)
        if self._answering():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """As much waits to be sent as may; watch whether it is taken."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Enough was taken."""
        self._stop_watching()
        super().resume_writing()

    def _watch(self) -> None:
        self._stop_watching()
        left = self.transport.get_write_buffer_size()
        self._stalled = self.loop.call_later(self.send_seconds, self._look, left)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch()  # a large answer may take its time, as long as it is taken
            return
        _log.warning("a connection was ended: its reader took nothing for %g s", self.send_seconds)
        self.transport.abort()  # closing it would wait for the reader

    def _stop_watching(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _wait(self) -> None:
        if self._deadline is None and not self._answering():
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        # A connection that became a web socket is another protocol's now.
        if not self._answering() and self.transport.get_protocol() is self:
            self.transport.close()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore
