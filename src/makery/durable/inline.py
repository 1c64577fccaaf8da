"""The engine that runs acts in this process, and remembers what earlier sittings recorded."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from makery.durable.steps import Kept, Work
from makery.kernel.act import Act
from makery.kernel.errors import ContractViolation
from makery.kernel.message import Message
from makery.kernel.program import message_id

POLL_SECONDS = 0.2


class InlineEngine:
    """The kernel's `Engine` port without a database of its own.

    An act whose message is recorded gives that message and does no work; one asked for twice at once
    is done once. An act that raised is not recorded: it can be tried again.

    Args:
        recorded: the messages of earlier sittings, as `read_history` finds them in the ledger.
        answer: what somebody sent to an act, by the act's id; None if nothing came yet.
    """

    def __init__(
        self, recorded: Iterable[Message] = (), *, answer: Callable[[str], str | None] = lambda _: None
    ) -> None:
        self._recorded = {message.id: message for message in recorded}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._answer = answer

    async def perform(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message: from the record if it ended before, else by doing the work.

        Raises:
            MakeryError: what the work raises.
            ContractViolation: the work made another message than the act's.
        """
        key = message_id(act)
        async with self._locks[key]:
            if key not in self._recorded:
                self._recorded[key] = insist(act, await work())
            return self._recorded[key]

    async def doing(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """Does the work. See `makery.durable.steps.DurableEngine`."""
        return insist(act, await work())

    async def once(self, key: str, work: Work, /, *, repeatable: bool = False) -> Kept:
        """Does the work: below an act nothing is kept. See `makery.durable.steps.Steps`."""
        return Kept(await work(), fresh=True)

    async def conduct(self, body: Callable[[], Awaitable[None]], /) -> None:
        """Does the body. See `makery.durable.steps.DurableEngine`."""
        await body()

    async def receive(self, act: str, /, *, seconds: float | None) -> str | None:
        """See `makery.kernel.ports.Inbox`; the time to wait begins anew with each sitting."""
        end = None if seconds is None else time.monotonic() + seconds
        while (answer := self._answer(act)) is None:
            if end is not None and time.monotonic() >= end:
                return None
            await asyncio.sleep(POLL_SECONDS)
        return answer


def insist(act: Act, message: Message) -> Message:
    """The message, if it is the one that the act has to make.

    Raises:
        ContractViolation: it is another.
    """
    wanted = message_id(act)
    if message.id != wanted:
        raise ContractViolation(
            f"Act {act.label or act.skill!r} of role {act.role!r} made message {message.id!r}, "
            f"not {wanted!r}."
        )
    return message
