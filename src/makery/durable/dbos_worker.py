"""A worker's DBOS: takes runs, acts and model calls from queues that all workers share."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from typing import Any, Protocol

from dbos import DBOS
from dbos import error as dbos_error

from makery.durable import dbos_queues as queues
from makery.durable.carried import packed
from makery.durable.dbos_engine import step_key
from makery.durable.dbos_host import DbosHost, Job
from makery.durable.dbos_queues import ACT, CALL, RUN, SCHEDULED, SHARED, TICKET, Capacity
from makery.durable.dbos_record import record_client
from makery.durable.dbos_schedules import make_up
from makery.kernel.act import Act
from makery.kernel.completion import ModelCall
from makery.kernel.sealed import sealed

Leaving = Callable[[], bool]
"""Whether a piece of work that is stopped is left to another worker, not given up."""


class Duties(Protocol):
    """What a worker can do. All raise what goes wrong as `MakeryError`."""

    async def run(self, run: str, tenant: str, leaving: Leaving, /) -> str:
        """Conduct a run to its end or stop; gives its exit status."""
        ...

    async def act(self, run: str, tenant: str, act: Act, /) -> str:
        """Perform one act; gives its message as JSON."""
        ...

    async def call(self, run: str, tenant: str, call: ModelCall, /) -> str:
        """Make one model call; gives what `DurableModels` keeps of it."""
        ...

    async def begin(self, name: str, at: str, order: str, /) -> str:
        """Begin what is due; asked for twice for the same time, once. Gives the run's id."""
        ...


class WorkerHost(DbosHost):
    """See `DbosHost`; while it is open, it also does what is in the shared queues.

    Args:
        url: of the database.
        version: of this program; other versions' work is left alone.
        duties: does the work.
        capacity: how much at once.
        announce: told under what name the database knows this process, before it takes any work.
    """

    def __init__(
        self,
        url: str,
        *,
        version: str,
        duties: Duties,
        capacity: Capacity,
        announce: Callable[[str], object] = lambda _: None,
    ) -> None:
        super().__init__(url, version=version)
        self._announce = announce
        self._duties = duties
        self._capacity = capacity
        self._closing = False

    async def begin(self) -> None:
        """Take work from now on; to be called once the host is open.

        Raises:
            StorageFailure: the database cannot be used.
        """
        self._closing = False
        await queues.register(self._capacity)
        await asyncio.to_thread(make_up)

    def underway(self) -> int:
        """How many pieces of shared work this process does."""
        return sum(job.shared for job in self._jobs.values())

    async def leave(self, *, closing: bool = False) -> None:
        """Stop all shared work; nothing of it is given up, other workers take it over.

        Args:
            closing: begin none any more, although DBOS takes some from the queues until it is closed.
        """
        self._closing = closing
        for job in tuple(self._jobs.values()):
            if job.shared:
                await job.stop()

    def hand_on(self, executor: str) -> int:
        """Put what a worker has not finished back into the queues it came from; how much that was.

        It need not be open: its own work it hands on once it is closed, for until then it takes some.

        Raises:
            StorageFailure: the database cannot be used.
        """
        with record_client(self._url) as client:
            found = client.list_workflows(
                executor_id=executor,
                status="PENDING",
                name=list(SHARED),
                load_input=False,
                load_output=False,
            )
            for status in found:
                with suppress(dbos_error.DBOSNonExistentWorkflowError):  # removed in the meantime
                    client.resume_workflow(status.workflow_id, queue_name=status.queue_name)
        return len(found)

    # ------------------------------------------------------------------ what is done

    def _prepared(self) -> list[str]:
        self._announce(self.executor)
        self._make(RUN, self._run)
        self._make(ACT, self._act)
        self._make(CALL, self._call)
        self._make(TICKET, _nothing)
        self._make(SCHEDULED, self._scheduled)
        return queues.names(self._capacity)

    @staticmethod
    def _make(name: str, work: Callable[..., Coroutine[Any, Any, str]]) -> None:
        async def workflow(*arguments: Any) -> str:  # DBOS wants a function, not a method
            return await work(*arguments)

        DBOS.workflow(name=name, max_recovery_attempts=None)(workflow)

    async def _run(self, run: str, tenant: str) -> str:
        return await self._do(run, lambda job: self._duties.run(run, tenant, lambda: not job.stopped))

    async def _act(self, run: str, tenant: str, text: str) -> str:
        act = Act.model_validate_json(text)
        return await self._do(step_key(run, act.id), lambda _: self._duties.act(run, tenant, act))

    async def _call(self, run: str, tenant: str, key: str, text: str, model: str, tickets: int) -> str:
        call = ModelCall.model_validate_json(text)

        async def in_turn(_: Job) -> str:
            await self._admitted(key, model, tickets)
            return await self._duties.call(run, tenant, call)

        return await self._do(key, in_turn)  # the wait, too: it ends when the call is cancelled or left

    async def _scheduled(self, at: object, context: dict[str, str]) -> str:
        moment, name, order = str(at), context["name"], context["order"]
        return await self._do(f"{name} {moment}", lambda _: self._duties.begin(name, moment, order))

    async def _admitted(self, key: str, model: str, tickets: int) -> None:
        """Wait until the model's tokens allow the call."""
        queue = queues.tickets_queue(model)
        handles = [
            await DBOS.enqueue_workflow_with_options_async(
                {
                    "workflow_name": TICKET,
                    "queue_name": queue,
                    "workflow_id": f"{key}/ticket-{number}",
                    "app_version": self._version,
                }
            )
            for number in range(tickets)
        ]
        for handle in handles:
            await handle.get_result(polling_interval_sec=queues.POLL_SECONDS)

    async def _do(self, key: str, work: Callable[[Job], Awaitable[str]]) -> str:
        """Work in a context of its own: DBOS would number what is asked for in that of a workflow."""
        if self._closing:
            raise asyncio.CancelledError  # stays in the record as it is, for `hand_on`
        job = Job(stoppable=True, shared=True)
        self._jobs[key] = job

        async def done() -> str:
            return await work(job)

        job.task = asyncio.create_task(done(), context=Context())
        try:
            return sealed(await job.task)
        except asyncio.CancelledError:
            await job.stop()
            raise
        except Exception as error:  # noqa: BLE001 - a step boundary: whoever waits for it gets it raised
            raise packed(error) from None
        finally:
            self._jobs.pop(key, None)


async def _nothing() -> str:
    """A ticket: that it was started is all there is to it."""
    return ""
