"""One database for all runs: an SQLite file on one machine, PostgreSQL for many."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from makery.kernel.errors import SettingsError, StorageFailure
from makery.kernel.remedies import RESTORE, remedy_for
from makery.store import tables
from makery.store.upgrade import upgrade

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

_SETUP_LOCK = 7_236_453
"""Any fixed number: two processes that set up the same PostgreSQL database take turns on it."""


_UNREADABLE = (UnicodeDecodeError, JSONDecodeError, ValidationError)
"""What comes of rows that are not what was written."""


class Database:
    """Transactions on the tables. Use `Database.open`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made: set[MetaData] = set()
        self.name = engine.url.render_as_string(hide_password=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        """The database of that URL, its tables made if they are missing.

        Args:
            url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, or
                `postgresql://user:password@host/name`.

        Raises:
            SettingsError: the URL is none, or its kind is not known.
            StorageFailure: the database cannot be used, or a newer Makery wrote it.
        """
        parsed = _parse(url)
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        database = cls(engine)
        try:
            database._set_up()
        except BaseException:
            engine.dispose()
            raise
        return database

    def make(self, metadata: MetaData) -> None:
        """Make those of the tables that are missing; two processes that do it at once take turns.

        Raises:
            StorageFailure: they cannot be made.
        """
        if metadata in self._made:
            return
        with self.writing() as connection:
            self._take_turns(connection)
            metadata.create_all(connection)
        self._made.add(metadata)

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, and durable then.

        Raises:
            StorageFailure: it could not be carried out; nothing of it is kept.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._failure(error) from error
        except _UNREADABLE as error:
            raise self._damage(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of the data that waits for no writer.

        Raises:
            StorageFailure: it could not be read.
        """
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(makery_reading=True)
        except SQLAlchemyError as error:
            raise self._failure(error) from error
        except _UNREADABLE as error:
            raise self._damage(error) from error

    def check(self) -> None:
        """Look whether the whole file of an SQLite database is sound; of PostgreSQL its server takes care.

        Raises:
            StorageFailure: it is damaged.
        """
        with self.reading() as connection:
            if connection.dialect.name != "sqlite":
                return
            said = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(1)"))]
        if said != ["ok"]:
            raise StorageFailure(f"The database {self.name!r} is damaged: {' '.join(said)}.", remedy=RESTORE)

    def _set_up(self) -> None:
        with self.writing() as connection:
            self._take_turns(connection)
            tables.schema.create(connection, checkfirst=True)
            version = connection.execute(select(tables.schema.c.version)).scalar()
            if version is not None:
                self._insist_on_version(version)
            if version is not None and version < tables.VERSION:
                upgrade(connection, version)
            tables.make_tables(connection)
            if version is None:
                connection.execute(insert(tables.schema).values(version=tables.VERSION))

    @staticmethod
    def _take_turns(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})

    def _insist_on_version(self, version: int) -> None:
        if version < 1:
            raise StorageFailure(
                f"The database {self.name!r} says that its schema is {version}, which never was.",
                remedy=RESTORE,
            )
        if version > tables.VERSION:
            raise StorageFailure(
                f"The database {self.name!r} was written by a newer Makery "
                f"(schema {version}; this one knows {tables.VERSION}).",
                remedy="Upgrade Makery, or name another database in the settings.",
            )

    def _damage(self, error: Exception) -> StorageFailure:
        said = str(error).partition("\n")[0].rstrip(".")
        return StorageFailure(
            f"The database {self.name!r} holds something that cannot be read: {said}.",
            remedy=f"If a newer Makery wrote it, upgrade this one. Otherwise: {RESTORE}",
        )

    def _failure(self, error: Exception) -> StorageFailure:
        said = str(getattr(error, "orig", None) or error)
        return StorageFailure(f"The database {self.name!r} failed: {said}.", remedy=remedy_for(said))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(f"The database URL {url!r} is not one.", remedy=_EXAMPLES) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"Databases of kind {parsed.get_backend_name()!r} are not known.", remedy=_EXAMPLES
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsError("The database URL names no file: nothing would be kept.", remedy=_EXAMPLES)
    return parsed


_EXAMPLES = "Examples: sqlite:////home/me/makery.db, postgresql://me:password@host/makery"


def _sqlite(url: URL) -> Engine:
    try:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailure(
            f"The folder of the database {url.database!r} cannot be made: {error.strerror}.",
            remedy="Name another database in the settings.",
        ) from error
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own: _begin_sqlite does
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    _use_wal(connection)
    # FULL flushes at every commit, NORMAL only at checkpoints, which loses the last events when the
    # power fails. One event costs a model call of seconds: a flush of milliseconds is cheap beside it.
    connection.execute("PRAGMA synchronous = FULL")


def _use_wal(connection: Any) -> None:
    """Write-ahead logging: readers, such as a live view, never wait for the run that writes.

    The first one to open a new file switches it for good. While it does, SQLite answers all others that the
    file is locked without honouring `busy_timeout`, so they have to ask again.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
        time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first and then finds that another has written in the
    # meantime would fail without waiting (SQLITE_BUSY_SNAPSHOT, https://sqlite.org/isolation.html).
    reading = connection.get_execution_options().get("makery_reading", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except NoSuchModuleError:
        raise SettingsError(f"The driver in {url.drivername!r} is not known.", remedy=_EXAMPLES) from None
    except ModuleNotFoundError as error:
        raise StorageFailure(
            f"PostgreSQL needs the Python package {error.name!r}.", remedy="pip install 'psycopg[binary]'"
        ) from None
