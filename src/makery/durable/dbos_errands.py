"""Asking for work that any worker may do, and waiting for its outcome."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context

from dbos import DBOS, DBOSClient, PortableWorkflowError, WorkflowHandleAsync, WorkflowStatus
from dbos import EnqueueOptions as DbosOptions
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from makery.durable.carried import unpacked
from makery.durable.dbos_host import ENDED_WELL, FAILED, other_version, unusable
from makery.durable.dbos_queues import POLL_SECONDS, Errand
from makery.kernel.errors import MakeryError

_STOPPED = ("CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class Errands:
    """The shared queues as seen by who asks, while a `DbosHost` is open.

    Args:
        url: of the database, for messages.
        version: of this program; work is done by workers of that version only.
    """

    def __init__(self, url: str, *, version: str) -> None:
        self._url = url
        self._version = version

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
            return await asking
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
        return str(await handle.get_result(polling_interval_sec=POLL_SECONDS))

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
    if known[0].status in (ENDED_WELL, FAILED, *_STOPPED):
        client.rewind_workflow(key, queue_name=errand.queue, queue_partition_key=errand.partition)
