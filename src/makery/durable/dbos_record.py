"""DBOS's record seen from outside: stop, send, read, forget."""

from collections.abc import Iterator
from contextlib import contextmanager

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from makery.durable.dbos_engine import step_key
from makery.durable.dbos_host import silence, unusable

_PAGE = 200


class DbosRecord:
    """See `makery.durable.record.Record`.

    Args:
        url: of the database, as `DbosHost` takes it.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def stop(self, run: str) -> None:
        """DBOS cancels the run's workflow; `DbosHost` sees that and ends the work."""
        with self._client() as client:
            client.cancel_workflow(run)

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
            yield from ((status.workflow_id, str(status.output)) for status in found)
            offset += len(found)

    @contextmanager
    def _client(self) -> Iterator[DBOSClient]:
        silence()
        try:
            DBOS.migrate(self._url)  # a client expects the tables, which the first run makes
            client = DBOSClient(
                system_database_url=self._url,
                serializer=DBOSPortableJSONSerializer(),
                retry_connection_errors=False,
            )
        except (SQLAlchemyError, dbos_error.DBOSException) as error:
            raise unusable(self._url, error) from error
        try:
            yield client
        except (SQLAlchemyError, dbos_error.DBOSException) as error:
            raise unusable(self._url, error) from error
        finally:
            client.destroy()
