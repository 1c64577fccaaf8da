"""DBOS's record seen from outside: stop, send, read, forget."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from makery.durable.dbos_engine import step_key
from makery.durable.dbos_errands import enqueue
from makery.durable.dbos_host import APPLICATION, opened, silence, unusable
from makery.durable.dbos_queues import RUN, RUNS, Errand

_PAGE = 200


class DbosRecord:
    """See `makery.durable.record.Record`.

    Args:
        url: of the database, as `DbosHost` takes it.
        version: of this program.
    """

    def __init__(self, url: str, *, version: str = "") -> None:
        self._url = url
        self._version = version

    def enqueue(self, run: str, tenant: str, *, again: bool = False) -> None:
        """The run becomes a workflow in the queue of all workers."""
        with self._client() as client:
            enqueue(client, run, Errand(RUN, RUNS, (run, tenant)), version=self._version, again=again)

    def stop(self, run: str) -> bool:
        """DBOS cancels the run's workflow; `DbosHost` sees that and ends the work."""
        with self._client() as client:
            waiting = client.list_workflows(workflow_ids=[run], status="ENQUEUED", load_input=False)
            client.cancel_workflow(run)
        return not waiting

    def send(self, run: str, act: str, text: str) -> bool:
        """Into the mailbox of the act's workflow; False if there is none yet."""
        with self._client() as client:
            try:
                client.send(step_key(run, act), text)
            except dbos_error.DBOSNonExistentWorkflowError:
                return False
        return True

    def calls(self, run: str) -> list[str]:
        """See `Record`."""
        with self._client() as client:
            return [text for key, text in self._outcomes(client, run) if "/model-" in key]

    def forget(self, run: str) -> None:
        """Delete the workflows of the run and of everything below it."""
        with self._client() as client:
            while found := client.list_workflows(
                workflow_id_prefix=f"{run}/", limit=_PAGE, load_input=False, load_output=False
            ):
                client.delete_workflows([status.workflow_id for status in found])
            client.delete_workflows([run])

    @staticmethod
    def _outcomes(client: DBOSClient, run: str) -> Iterator[tuple[str, str]]:
        offset = 0
        while found := client.list_workflows(
            workflow_id_prefix=f"{run}/", status="SUCCESS", limit=_PAGE, offset=offset, load_input=False
        ):
            yield from (_outcome(status) for status in found)
            offset += len(found)

    def _client(self) -> AbstractContextManager[DBOSClient]:
        return record_client(self._url)


def _outcome(status: WorkflowStatus) -> tuple[str, str]:
    return status.workflow_id, opened(status.workflow_id, str(status.output))


@lru_cache(maxsize=16)
def _make_tables(url: str) -> None:
    """A client expects the tables, which the first run makes. To look for all of them takes 20 ms."""
    DBOS.migrate(url)


@contextmanager
def record_client(url: str) -> Iterator[DBOSClient]:
    """DBOS's client on a database, which need not have DBOS's tables yet.

    Raises:
        StorageFailure: the database cannot be used.
    """
    silence()
    try:
        _make_tables(url)
        client = DBOSClient(
            system_database_url=url,
            application_name=APPLICATION,
            serializer=DBOSPortableJSONSerializer(),
            retry_connection_errors=False,
        )
    except (SQLAlchemyError, dbos_error.DBOSException) as error:
        raise unusable(url, error) from error
    try:
        yield client
    except (SQLAlchemyError, dbos_error.DBOSException, ValueError) as error:
        raise unusable(url, error) from error
    finally:
        client.destroy()
