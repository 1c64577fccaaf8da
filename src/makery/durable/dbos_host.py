"""This process's DBOS: keeps results under keys, and takes over what another process left unfinished.

DBOS (https://docs.dbos.dev/python) does the work: a key is a workflow's id, a finished step a workflow that
succeeded. An unfinished one is handed to this process by DBOS's own `resume` and queue; whoever had it before
can no longer write its outcome, because DBOS has given the row another owner.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowHandleAsync
from dbos import error as dbos_error
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from makery.durable.steps import Kept, Work
from makery.kernel.errors import ContractViolation, Interrupted, MakeryError, OtherVersion, StorageFailure
from makery.kernel.remedies import RESTORE, remedy_for
from makery.kernel.sealed import Damaged, sealed, unsealed

APPLICATION = "makery"
STEP = "makery.step"
POLL_SECONDS = 0.05
"""Between two looks at a queue, and at a step that another process works on."""
WATCH_SECONDS = 0.5
"""Between two looks whether somebody stopped a run."""
FOREVER = 10 * 365 * 86_400.0

ENDED_WELL, FAILED = "SUCCESS", "ERROR"
_Known = dbos_error.DBOSWorkflowIDInUseError


@dataclass
class Job:
    """Work that this process is about to do or does."""

    work: Work | None = None
    """None for shared work, of which the database knows what it is."""
    shared: bool = False
    task: "asyncio.Task[Any] | None" = None
    failure: BaseException | None = None
    done: bool = False
    stoppable: bool = False
    stopped: bool = False
    """Somebody stopped it, in DBOS's record."""

    async def stop(self) -> None:
        """End it; its step stays unfinished in the record."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.wait({self.task})


class DbosHost:
    """The durable record of one database, for any number of runs in this process.

    Args:
        url: of the database, as `makery.store.database.Database.open` takes it.
        version: of this program; a step is finished by the version that began it.
    """

    def __init__(self, url: str, *, version: str) -> None:
        self._url = url
        self._version = version
        self.executor = ""
        """Under what name the database knows this process, from one opening to its closing."""
        self._queue = f"{APPLICATION}-{socket.gethostname()}-{os.getpid()}"
        self._jobs: dict[str, Job] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._users = 0
        self._changing = asyncio.Lock()
        self._has_queue = False
        self._watch: asyncio.Task[None] | None = None
        self._step: Callable[[str], Coroutine[Any, Any, str]] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["DbosHost"]:
        """DBOS is up during the block; blocks may overlap.

        Raises:
            StorageFailure: the database cannot be used.
            ContractViolation: this process has another host open; DBOS is one for each process.
        """
        async with self._changing:
            if self._users == 0:
                self._launch()
            self._users += 1
        try:
            yield self
        finally:
            await to_its_end(self._leave())

    def _launch(self) -> None:
        silence()
        # A name used before would have DBOS take up, by itself, what was left open under it.
        self.executor = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        DBOS(config=self._config())
        if DBOS.executor_id != self.executor:
            raise ContractViolation("This process already works on runs through another factory.")
        try:
            self._step = DBOS.workflow(name=STEP, max_recovery_attempts=None)(self._body())
            DBOS.listen_queues([self._queue, *self._prepared()])
            DBOS.launch()
            self._watch = asyncio.create_task(self._watch_for_stops(), context=Context())
        except (SQLAlchemyError, dbos_error.DBOSException) as error:
            raise unusable(self._url, error) from error
        finally:
            if self._watch is None:
                DBOS.destroy(destroy_registry=True)

    def _prepared(self) -> list[str]:
        """Make known what else this process does; gives the further queues from which it takes work."""
        return []

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name=APPLICATION,
            system_database_url=self._url,
            application_version=self._version,
            executor_id=self.executor,
            # Readable by people and by other languages, and nothing in the database is ever executed.
            serializer=DBOSPortableJSONSerializer(),
            log_level="CRITICAL",
            notification_listener_polling_interval_sec=POLL_SECONDS,
        )

    async def _leave(self) -> None:
        async with self._changing:
            self._users -= 1
            if self._users == 0:
                await self._close()

    async def _close(self) -> None:
        self._step = None
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
            self._watch = None
        try:
            if self._has_queue:
                self._has_queue = False
                await DBOS.delete_queue_async(self._queue)
        except (SQLAlchemyError, dbos_error.DBOSException) as error:
            raise unusable(self._url, error) from error
        finally:
            # DBOS made its own threads the loop's, and ends them; the loop may outlive this host.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="makery"))
            await asyncio.to_thread(DBOS.destroy, destroy_registry=True)

    def _body(self) -> Callable[[str], Coroutine[Any, Any, str]]:
        async def perform(key: str) -> str:
            job = self._jobs.get(key)
            if job is None or job.work is None:
                raise ContractViolation(f"Step {key!r} reached a process that did not ask for it.")
            job.task = asyncio.current_task()
            try:
                text = await job.work()
            except Exception as error:
                job.failure = error
                raise
            job.done = True
            return sealed(text)

        return perform

    # --------------------------------------------------------------------- steps

    async def once(self, key: str, work: Work, *, stoppable: bool = False) -> Kept:
        """The result kept under a key, else that of the work; asked for twice at once, it is done once.

        Raises:
            MakeryError: what the work raises; the key stays free for another attempt.
            Interrupted: it is stoppable, and another process cancelled it.
            StorageFailure: the database cannot be used.
        """
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            job = self._jobs[key] = Job(work, stoppable=stoppable)
            # A context of its own: inside a workflow, DBOS would number what we call by keys.
            asking = asyncio.create_task(self._settled(key), context=Context())
            try:
                return Kept(opened(key, await asking), fresh=job.done)
            except asyncio.CancelledError:
                await job.stop()
                if job.stopped:
                    raise _stopped() from None
                raise
            except dbos_error.DBOSAwaitedWorkflowCancelledError:  # seen before the watch told of it
                await job.stop()
                raise _stopped() from None
            except MakeryError:
                raise
            except Exception as error:
                if job.failure is not None:
                    raise job.failure from None
                raise unusable(self._url, error) from error
            finally:
                del self._jobs[key]

    async def _settled(self, key: str) -> str:
        # Nearly all keys are new: the database refuses the others, so that no step asks before it begins.
        handle = await self._begun(key) or await self._known(key)
        return str(await handle.get_result(polling_interval_sec=POLL_SECONDS))

    async def _known(self, key: str) -> WorkflowHandleAsync[str]:
        known = await DBOS.get_workflow_status_async(key)
        if known is None:
            raise StorageFailure(f"Step {key!r} was removed from the durable record while it was asked for.")
        if known.status == ENDED_WELL:
            return await DBOS.retrieve_workflow_async(key)
        if known.app_version != self._version:
            raise other_version(key, known.app_version)
        if known.status == FAILED:
            return await DBOS.rewind_workflow_async(key, queue_name=await self._own_queue())
        return await DBOS.resume_workflow_async(key, queue_name=await self._own_queue())

    async def _begun(self, key: str) -> WorkflowHandleAsync[str] | None:
        """The step under way in this process; None if the record has it already, finished or not."""
        if self._step is None:
            raise ContractViolation(f"Step {key!r} was asked for while the durable record was not open.")
        with SetWorkflowID(key, workflow_id_reuse_policy="reject"), suppress(_Known):
            return await DBOS.start_workflow_async(self._step, key)
        return None

    async def receive(self, seconds: float | None) -> str | None:
        """What was sent to the step under way; None if nothing came. The time goes on over restarts."""
        heard = await DBOS.recv_async(timeout_seconds=FOREVER if seconds is None else seconds)
        return None if heard is None else str(heard)

    async def _watch_for_stops(self) -> None:
        """DBOS notes that a workflow is cancelled; one that is under way has to be told."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            open_keys = [key for key, job in self._jobs.items() if job.stoppable]
            if not open_keys:
                continue
            found = await DBOS.list_workflows_async(
                workflow_ids=open_keys, status="CANCELLED", load_input=False, load_output=False
            )
            for status in found:
                job = self._jobs.get(status.workflow_id)
                if job is not None and job.task is not None:
                    job.stopped = True
                    job.task.cancel()

    async def _own_queue(self) -> str:
        if not self._has_queue:
            await DBOS.register_queue_async(
                self._queue, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
            )
            self._has_queue = True
        return self._queue


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do what must not be left half done; a cancellation in the meantime takes effect afterwards."""
    task = asyncio.create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def silence() -> None:
    """What goes wrong is raised here and told by the interfaces: DBOS need not write to standard error.

    It adds a handler of its own only where there is none.
    """
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def opened(key: str, text: str) -> str:
    """What was kept under a key.

    Raises:
        StorageFailure: it has changed since.
    """
    try:
        return unsealed(text)
    except Damaged as damage:
        raise StorageFailure(f"What is kept of step {key!r} is damaged: {damage}.", remedy=RESTORE) from None


def other_version(key: str, version: str | None) -> OtherVersion:
    """What to tell when another version began the step of a key."""
    run = key.partition("/")[0]
    return OtherVersion(
        f"Run {run!r} is in the middle of a step that version {version} of Makery began.",
        remedy=f"Continue it with that version, or go another way from there: makery runs fork {run}",
    )


def _stopped() -> Interrupted:
    return Interrupted(
        "The run was stopped from another process.", remedy="Nothing that was finished is lost."
    )


def unusable(url: str, error: Exception) -> StorageFailure:
    """What to tell when DBOS or its database failed; without the URL's password."""
    said = str(getattr(error, "orig", None) or error) or type(error).__name__
    place = make_url(url).render_as_string(hide_password=True)
    return StorageFailure(
        f"The durable record of runs in {place!r} failed: {said}.",
        remedy=RESTORE if isinstance(error, ValueError) else remedy_for(said),
    )
