"""The kernel's `Engine` on DBOS: acts, and the steps inside them, are done once over all processes."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from makery.durable.dbos_host import DbosHost
from makery.durable.inline import insist
from makery.durable.steps import Kept, Work
from makery.kernel.act import Act
from makery.kernel.errors import ContractViolation
from makery.kernel.message import Message
from makery.kernel.program import message_id

Answers = Callable[[str], Sequence[str]]


def no_answers(act: str) -> Sequence[str]:
    """None, for runs that nobody is asked about."""
    return ()


@dataclass
class _Scope:
    """The act whose steps are being taken."""

    key: str
    repetitions: Counter[str] = field(default_factory=Counter[str])


class DbosEngine:
    """`makery.durable.steps.DurableEngine` for one run.

    Args:
        host: this process's DBOS, opened.
        run: the run's id, under which everything is kept.
        recorded: messages that the ledger holds; their acts are not even looked up.
        answers: what was sent to an act so far, as the ledger has it.
    """

    def __init__(
        self, host: DbosHost, run: str, recorded: Iterable[Message] = (), *, answers: Answers = no_answers
    ) -> None:
        self._host = host
        self._run = run
        self._recorded = {message.id: message for message in recorded}
        self._answers = answers
        self._heard: Counter[str] = Counter()
        self._scope: ContextVar[_Scope | None] = ContextVar("act", default=None)

    async def perform(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message: from the record if it ended before, in whatever process, else by doing the work.

        Raises:
            MakeryError: what the work raises.
            ContractViolation: the work made another message than the act's.
            StorageFailure: the record cannot be used.
        """
        key = message_id(act)
        if key in self._recorded:
            return self._recorded[key]

        async def once() -> str:
            return json.dumps((await self.doing(act, work)).record())

        kept = await self._host.once(step_key(self._run, act.id), once)
        self._recorded[key] = Message.model_validate(json.loads(kept.text))
        return self._recorded[key]

    async def doing(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message, made now by this task; what is asked for in the meantime belongs to the act.

        Raises:
            MakeryError: what the work raises.
            ContractViolation: the work made another message than the act's.
        """
        self._scope.set(_Scope(step_key(self._run, act.id)))
        return insist(act, await work())

    def path(self, key: str) -> str:
        """Under what a step of the act under way is kept.

        Raises:
            ContractViolation: no act is under way.
        """
        scope = self._scope.get()
        if scope is None:
            raise ContractViolation(f"Step {key!r} belongs to no act.")
        return f"{scope.key}/{key}"

    async def once(self, key: str, work: Work, /, *, repeatable: bool = False) -> Kept:
        """See `Steps`. Outside an act the work is simply done.

        Raises:
            MakeryError: what the work raises.
            StorageFailure: the record cannot be used.
        """
        scope = self._scope.get()
        if scope is None:
            return Kept(await work(), fresh=True)
        path = f"{scope.key}/{key}"
        if repeatable:
            scope.repetitions[key] += 1
            path = f"{path}-{scope.repetitions[key]}"
        return await self._host.once(path, work)

    async def conduct(self, body: Callable[[], Awaitable[None]], /) -> None:
        """See `DurableEngine`.

        Raises:
            MakeryError: what the body raises.
            Interrupted: the run was stopped from another process.
        """

        async def once() -> str:
            await body()
            return "ended"

        await self._host.once(self._run, once, stoppable=True)

    async def receive(self, act: str, /, *, seconds: float | None) -> str | None:
        """See `makery.kernel.ports.Inbox`; the time to wait goes on while no process is there.

        The ledger has each answer before the mailbox, and also those to an act that was begun anew after an
        error, for which DBOS empties the mailbox: what comes there only tells to look.
        """
        number = self._heard[act]
        self._heard[act] += 1
        while True:
            known = await asyncio.to_thread(self._answers, act)
            if number < len(known):
                return known[number]
            heard = await self._host.receive(seconds)
            if heard is None or heard not in known:
                return heard


def step_key(run: str, act: str) -> str:
    """Under what an act is kept, and where answers to it are sent."""
    return f"{run}/{act}"
