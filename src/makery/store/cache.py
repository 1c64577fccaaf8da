"""Completions by the digest of their call: what was answered once is not paid for again."""

import time
from collections.abc import Callable

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from makery.kernel.completion import Completion
from makery.kernel.sealed import Damaged, sealed, unsealed
from makery.store.access import LOCAL
from makery.store.database import Database
from makery.store.tables import completions


class SqlCompletionCache:
    """An exact cache shared by all runs of an organisation.

    Args:
        database: where it is kept.
        organisation: whose runs they are; another's completions are not found.
        clock: Unix time in seconds.
    """

    def __init__(
        self,
        database: Database,
        *,
        organisation: str = LOCAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        # The operator's keep the bare digest: what was kept before there were organisations stays found.
        self._prefix = "" if organisation == LOCAL else f"{organisation}:"
        self._clock = clock

    def get(self, digest: str) -> Completion | None:
        """The completion kept under a digest; None if there is none or it cannot be read any more.

        Raises:
            StorageFailure: the database cannot be read.
        """
        wanted = select(completions.c.completion).where(completions.c.digest == self._prefix + digest)
        with self._database.reading() as connection:
            kept = connection.execute(wanted).scalar()
        if kept is None:
            return None
        try:
            return Completion.model_validate_json(unsealed(kept))
        except (ValidationError, Damaged):
            # Damaged, or of another version: as good as not there. The next `put` replaces it.
            return None

    def put(self, digest: str, completion: Completion) -> None:
        """Keep a completion, in place of an older one.

        Raises:
            StorageFailure: the database cannot be written.
        """
        new = {"created": self._clock(), "completion": sealed(completion.model_dump_json())}
        with self._database.writing() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            row = dialect.insert(completions).values(digest=self._prefix + digest, **new)
            connection.execute(row.on_conflict_do_update(index_elements=["digest"], set_=new))


class SettledCache:
    """A cache that other runs see only once the completion is safe elsewhere.

    A completion that is found in the cache costs nothing. If it were there before the run that paid for it
    had noted so, and that run were killed in between, its money would be counted nowhere.
    """

    def __init__(self, inner: SqlCompletionCache) -> None:
        self._inner = inner
        self._waiting: dict[str, Completion] = {}

    def get(self, digest: str) -> Completion | None:
        """See `SqlCompletionCache.get`."""
        return self._inner.get(digest)

    def put(self, digest: str, completion: Completion) -> None:
        """Hold a completion until `settle` is called for it."""
        self._waiting[digest] = completion

    def settle(self, digest: str) -> None:
        """Keep what is held under a digest; nothing if there is nothing.

        Raises:
            StorageFailure: the database cannot be written.
        """
        if digest in self._waiting:
            self._inner.put(digest, self._waiting.pop(digest))
