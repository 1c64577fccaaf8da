"""Models whose finished calls are kept, and counted exactly once."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from makery.durable.steps import Kept, Steps
from makery.kernel.budget import Budget
from makery.kernel.completion import Completion, ModelCall, Purpose, Usage
from makery.kernel.errors import MakeryError
from makery.kernel.events import Event, ModelCalled
from makery.kernel.ports import EventSink, Models

Elsewhere = Callable[[str, ModelCall], Awaitable[Kept]]


class CallTap:
    """An `EventSink` between a gateway and the ledger that holds a call's bill back until the call is kept.

    The bill is kept together with the answer, in one transaction, and reaches the ledger afterwards: a
    process that dies between the two loses neither the answer nor the money.
    """

    def __init__(self, emit: EventSink) -> None:
        self.emit = emit
        self._bill: ContextVar[list[ModelCalled] | None] = ContextVar("bill", default=None)

    def __call__(self, event: Event, /) -> None:
        """Hold a paid call's event back while one is listened to; pass on all others."""
        bill = self._bill.get()
        if bill is not None and isinstance(event, ModelCalled):
            bill.append(event)
        else:
            self.emit(event)

    def listen(self) -> list[ModelCalled]:
        """The list that gets what this task's calls cost from now on."""
        bill: list[ModelCalled] = []
        self._bill.set(bill)
        return bill


class DurableModels:
    """The kernel's `Models` port: a call that ended before gives its answer and asks no model.

    Args:
        models: the gateway; its events must go through `tap`.
        steps: where finished calls are kept.
        tap: see `CallTap`.
        budget: the run's; a kept call that no ledger entry counts yet is charged to it.
        counted: whether the ledger has that event already.
        settled: told the digest of each call that is kept, for caches that others share.
        elsewhere: has calls made by whichever worker when their turn comes; None makes them here.
    """

    def __init__(
        self,
        models: Models,
        steps: Steps,
        tap: CallTap,
        budget: Budget,
        *,
        counted: Callable[[ModelCalled], bool],
        settled: Callable[[str], None],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._models = models
        self._steps = steps
        self._tap = tap
        self._budget = budget
        self._counted = counted
        self._settled = settled
        self._elsewhere = elsewhere

    @property
    def candidates(self) -> int:
        """As the gateway says."""
        return self._models.candidates

    @property
    def one_suite(self) -> bool:
        """As the gateway says."""
        return self._models.one_suite

    async def complete(self, call: ModelCall, /) -> Completion:
        """The answer to a call.

        Raises:
            MakeryError: as the gateway says; nothing is kept then, so that it can be asked again.
        """

        async def work() -> str:
            return await self.ask(call)

        key = f"model-{call_key(call)[:32]}"
        elsewhere = self._elsewhere
        kept = await (elsewhere(key, call) if elsewhere else self._steps.once(key, work))
        content = json.loads(kept.text)
        for told in content["told"]:
            self._count(ModelCalled.model_validate(told), kept)
        self._budget.noted(_account(call))
        return Completion.model_validate(content["completion"])

    async def ask(self, call: ModelCall) -> str:
        """Make a call now, whatever is kept; gives what is to be kept of it: answer and bill, as JSON.

        Raises:
            MakeryError: as the gateway says; what it cost all the same is in the ledger then.
        """
        bill = self._tap.listen()
        self._budget.about(_account(call))
        try:
            completion = await self._models.complete(call)
        except MakeryError:
            for event in bill:
                self._tap.emit(event)
            self._budget.noted(_account(call))
            raise
        content = {
            "call": call.model_dump(mode="json", exclude_defaults=True),
            "completion": completion.model_dump(mode="json"),
            "told": [event.model_dump(mode="json") for event in bill],
        }
        return json.dumps(content)

    def _count(self, event: ModelCalled, kept: Kept) -> None:
        if kept.fresh or not self._counted(event):
            if not kept.fresh and event.source != "cache":
                paid = event.source == "model"
                self._budget.charge(event.usage if paid else Usage(), event.usd if paid else 0.0)
            self._tap.emit(event)
        self._settled(event.digest)


def _account(call: ModelCall) -> str:
    """Under what a budget that processes share keeps what the call may cost."""
    return f"{call.purpose.act}/{call_key(call)[:32]}"


def call_key(call: ModelCall) -> str:
    """64 hex digits that are equal for calls which ask the same, on whoever's behalf."""
    content: dict[str, Any] = call.model_copy(update={"purpose": Purpose()}).model_dump(mode="json")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()
