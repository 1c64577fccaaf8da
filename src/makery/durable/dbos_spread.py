"""The engine of a run whose acts are spread over workers."""

import json
from collections.abc import Awaitable, Callable, Iterable

from makery.durable.dbos_engine import DbosEngine, step_key
from makery.durable.dbos_errands import Errands
from makery.durable.dbos_host import DbosHost
from makery.durable.dbos_queues import ACT, ACTS, CALL, Errand, Pace, calls_queue, tickets_for
from makery.durable.steps import Kept
from makery.kernel.act import Act
from makery.kernel.completion import ModelCall
from makery.kernel.message import USER, Message
from makery.kernel.program import message_id


def _never() -> bool:
    return False


class SpreadEngine(DbosEngine):
    """`DurableEngine` for a run of workers: acts go into a queue, and so do calls of models with a pace.

    Args:
        host: this process's DBOS, opened.
        errands: how work is asked for.
        run: the run's id.
        tenant: on whose behalf.
        recorded: messages that the ledger holds.
        leaving: whether acts that are not waited for any more are left to another worker's sitting.
    """

    def __init__(
        self,
        host: DbosHost,
        errands: Errands,
        run: str,
        *,
        tenant: str,
        recorded: Iterable[Message] = (),
        leaving: Callable[[], bool] = _never,
    ) -> None:
        super().__init__(host, run, recorded)
        self._errands = errands
        self._tenant = tenant
        self._leaving = leaving

    async def perform(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message, whichever worker makes it.

        Raises:
            MakeryError: what the work raises.
            StorageFailure: the record cannot be used.
        """
        if act.role == USER:  # waits for a person, perhaps for days: that is no use of a worker
            return await super().perform(act, work)
        key = message_id(act)
        if key not in self._recorded:
            arguments = (self._run, self._tenant, act.model_dump_json())
            errand = Errand(ACT, ACTS, arguments)
            text = await self._errands.result(step_key(self._run, act.id), errand, leaving=self._leaving)
            self._recorded[key] = Message.model_validate(json.loads(text))
        return self._recorded[key]

    async def conduct(self, body: Callable[[], Awaitable[None]], /) -> None:
        """Does the body: the worker's workflow around it is what can be stopped."""
        await body()

    async def ask(self, key: str, call: ModelCall, model: str, pace: Pace) -> Kept:
        """What is kept of a model call of the act under way, made by whichever worker when its turn comes.

        Raises:
            MakeryError: what the call raises.
            StorageFailure: the record cannot be used.
        """
        path = self.path(key)
        tokens = len(call.prompt.system + call.prompt.user) // 3 + call.max_tokens
        arguments = (
            self._run,
            self._tenant,
            path,
            call.model_dump_json(),
            model,
            tickets_for(tokens, pace),
        )
        partition = self._tenant if pace.at_once_per_tenant else None
        errand = Errand(CALL, calls_queue(model), arguments, partition)
        return Kept(await self._errands.result(path, errand, leaving=self._leaving), fresh=False)
