"""An answer of the relay on its way to the caller."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from makery.kernel.errors import MakeryError
from makery.relay.answers import LARGEST
from makery.relay.counting import StreamCount, Used
from makery.relay.exchange import Flow


class Stream:
    """An answer that passes by and is counted. Close it, whether it was read or not.

    Args:
        answer: what the account sends.
        count: looks at it.
        settle: told at the end what was used.
        keep: given all that was sent, if it came to its end; None if nobody wants it.
    """

    def __init__(
        self,
        answer: Flow,
        count: StreamCount,
        settle: Callable[[Used | None], None],
        keep: Callable[[bytes], object] | None = None,
    ) -> None:
        self._answer = answer
        self._count = count
        self._settle: Callable[[Used | None], None] | None = settle
        self._keep = keep
        self._sent = bytearray()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes for the caller; if the account hangs up half way, an event says so."""
        try:
            yield self._noted(self._count.passed(self._answer.first))
            async for piece in self._answer.rest:
                passed = self._count.passed(piece)
                if passed:
                    yield self._noted(passed)
            yield self._noted(self._count.rest())
            if self._keep is not None and _came_to_its_end(self._sent):
                self._keep(bytes(self._sent))
        except MakeryError as error:
            problem = {"error": {"message": str(error), "type": "upstream_error", "code": None}}
            yield f"data: {json.dumps(problem)}\n\n".encode()

    def _noted(self, sent: bytes) -> bytes:
        if self._keep is not None and len(self._sent) <= LARGEST:
            self._sent += sent
        return sent

    async def close(self) -> None:
        """Count what was used, and let the account go."""
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(self._count.used)
        await self._answer.close()


@dataclass(frozen=True)
class Relayed:
    """An answer on its way to the caller."""

    status: int
    kind: str
    body: bytes = b""
    stream: Stream | None = None
    cached: bool = False
    """Whether it was kept from before; then nobody was asked, and nothing was used."""


def _came_to_its_end(sent: bytes | bytearray) -> bool:
    """Whether a stream has the event that ends one: a chat's, or a response's."""
    whole = len(sent) <= LARGEST
    return whole and (b"data: [DONE]" in sent[-200:] or b"event: response.completed" in sent)
