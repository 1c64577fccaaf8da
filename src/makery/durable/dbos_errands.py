"""Asking for work that any worker may do, and waiting for its outcome."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context

from dbos import DBOS, DBOSClient, PortableWorkflowError, WorkflowHandleAsync, WorkflowStatus
from dbos import EnqueueOptions as DbosOptions
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from makery.durable.carried import unpacked
from makery.durable.dbos_host import ENDED_WELL, FAILED, opened, other_version, unusable
from makery.durable.dbos_queues import POLL_SECONDS, Errand
from makery.kernel.errors import MakeryError

_STOPPED = ("CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_OVER = (ENDED_WELL, FAILED, *_STOPPED)


class Errands:
    """The shared queues as seen by who asks, while a `DbosHost` is open.

    Args:
        url: of the database, for messages.
        version: of this program; work is done by workers of that version only.
    """

    def __init__(self, url: str, *, version: str) -> None:
        self._url = url
        self._version = version
        self._awaited: dict[str, set[asyncio.Future[None]]] = {}
        self._look: asyncio.Task[None] | None = None

    async def result(self, key: str, errand: Errand, *, leaving: Callable[[], bool]) -> str:
        """The outcome kept under a key, else that of the errand, whoever does it.

        Cancelling the wait gives the work up, too, unless `leaving` says that somebody else will go on.

        Raises:
            MakeryError: what the work raised; the key stays free for another attempt.
            StorageFailure: the database cannot be used.
        """
        # A context of its own: inside a workflow, DBOS would number what we call by keys.
        asking = asyncio.create_task(self._outcome(key, errand), context=Context())
        try:
            return opened(key, await asking)
        except asyncio.CancelledError:
            asking.cancel()
            if not leaving():
                # Without the database it goes on, and its outcome is kept for the next sitting.
                with suppress(SQLAlchemyError, dbos_error.DBOSException):
                    await asyncio.create_task(DBOS.cancel_workflow_async(key), context=Context())
            raise
        except PortableWorkflowError as error:
            raise unpacked(error.message) from None
        except MakeryError:
            raise
        except Exception as error:
            raise unusable(self._url, error) from error

    async def _outcome(self, key: str, errand: Errand) -> str:
        known = await DBOS.get_workflow_status_async(key)
        if known is not None and known.status == ENDED_WELL:
            return str(known.output)
        handle = await self._asked(key, errand, known)
        await self._over(key)
        return str(await handle.get_result(polling_interval_sec=POLL_SECONDS))

    async def _over(self, key: str) -> None:
        """Wait until some worker came to an end with it; all that wait share one look at the database."""
        over = asyncio.get_running_loop().create_future()
        waiting = self._awaited.setdefault(key, set())
        waiting.add(over)
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_out(), context=Context())
            self._look.add_done_callback(self._looked)
        try:
            await over
        finally:
            waiting.discard(over)
            if not waiting and self._awaited.get(key) is waiting:
                del self._awaited[key]

    async def _look_out(self) -> None:
        while self._awaited:
            await asyncio.sleep(POLL_SECONDS)
            for key in await _ended(tuple(self._awaited)):
                for over in self._awaited.pop(key, ()):
                    if not over.done():
                        over.set_result(None)

    def _looked(self, look: "asyncio.Task[None]") -> None:
        """Whoever still waits gets raised what ended the look."""
        error = None if look.cancelled() else look.exception()
        if error is None:
            return
        for waiting in self._awaited.values():
            for over in waiting:
                if not over.done():
                    over.set_exception(error)
        self._awaited.clear()

    async def _asked(
        self, key: str, errand: Errand, known: WorkflowStatus | None
    ) -> WorkflowHandleAsync[str]:
        if known is None:
            options = enqueue_options(key, errand, version=self._version)
            return await DBOS.enqueue_workflow_with_options_async(options, *errand.arguments)
        if known.app_version != self._version:
            raise other_version(key, known.app_version)
        if known.status in (FAILED, *_STOPPED):
            return await DBOS.rewind_workflow_async(
                key, queue_name=errand.queue, queue_partition_key=errand.partition
            )
        return await DBOS.retrieve_workflow_async(key)


async def _ended(keys: Sequence[str]) -> list[str]:
    """Those that nobody works on any more, and that wait in no queue."""
    found = await DBOS.list_workflows_async(
        workflow_ids=list(keys), status=list(_OVER), load_input=False, load_output=False
    )
    return [status.workflow_id for status in found]


def enqueue_options(key: str, errand: Errand, *, version: str) -> DbosOptions:
    """How DBOS is told of an errand."""
    options: DbosOptions = {
        "workflow_name": errand.workflow,
        "queue_name": errand.queue,
        "workflow_id": key,
        "app_version": version,
    }
    if errand.partition is not None:
        options["queue_partition_key"] = errand.partition
    return options


def enqueue(client: DBOSClient, key: str, errand: Errand, *, version: str, again: bool) -> None:
    """Put work into a queue from a process that does none; with `again` also what has ended.

    Raises:
        StorageFailure: another version began it.
    """
    known = client.list_workflows(workflow_ids=[key], load_input=False, load_output=False)
    if not known:
        client.enqueue(enqueue_options(key, errand, version=version), *errand.arguments)
        return
    if not again:
        return
    if known[0].app_version != version:
        raise other_version(key, known[0].app_version)
    if known[0].status in _OVER:
        client.rewind_workflow(key, queue_name=errand.queue, queue_partition_key=errand.partition)
