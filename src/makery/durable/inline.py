"""The engine that runs acts in this process, and remembers what earlier sittings recorded."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from makery.kernel.act import Act
from makery.kernel.errors import ContractViolation
from makery.kernel.message import Message
from makery.kernel.scheduler import message_id


class InlineEngine:
    """The kernel's `Engine` port without a server.

    An act whose message is recorded gives that message and does no work; one asked for twice at once
    is done once. An act that raised is not recorded: it can be tried again.

    Args:
        recorded: the messages of earlier sittings, as `read_history` finds them in the ledger.
    """

    def __init__(self, recorded: Iterable[Message] = ()) -> None:
        self._recorded = {message.id: message for message in recorded}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def perform(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message: from the record if it ended before, else by doing the work.

        Raises:
            MakeryError: what the work raises.
            ContractViolation: the work made another message than the act's.
        """
        key = message_id(act)
        async with self._locks[key]:
            if key not in self._recorded:
                self._recorded[key] = _insist(key, act, await work())
            return self._recorded[key]


def _insist(key: str, act: Act, message: Message) -> Message:
    if message.id != key:
        raise ContractViolation(
            f"Act {act.label or act.skill!r} of role {act.role!r} made message {message.id!r}, not {key!r}."
        )
    return message
