"""Databases that older versions wrote are brought up to date, and nothing in them is lost."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from makery.kernel.errors import StorageFailure
from makery.kernel.events import RunStarted
from makery.store import tables
from makery.store.database import Database
from makery.store.ledger import SqlLedger
from makery.store.runs import Runs
from makery.store.upgrade import REVISIONS, revision


def written_by(url: str, version: int) -> None:
    """Make the database as that version made it, with a run in it."""
    database = Database.open(url)  # for its connection; what it made is taken away
    with database.writing() as connection:
        tables.metadata.drop_all(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION makery_append_only"))
        tables.schema.create(connection)
        connection.execute(tables.schema.insert().values(version=version))
        config = Config()
        config.set_main_option("script_location", "makery.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision(version))
        connection.execute(text(f"DROP TABLE {REVISIONS}"))  # version 1 knew nothing of it
        connection.execute(
            text(
                "INSERT INTO runs"
                " (id, created, requirement, mode, model, out, status, verdict, limits, options)"
                " VALUES ('old', 1, 'r', 'duo', 'm', 'o', 'ended', '', '{}', '{}')"
            )
        )
        started = RunStarted(run="old", team="t", mode="duo", model="m", out="o").model_dump_json()
        connection.execute(
            text("INSERT INTO events VALUES ('old', 1, 1.0, 'run_started', :event)"), {"event": started}
        )
    database.close()


@pytest.mark.parametrize("version", range(1, tables.VERSION))
def test_every_older_schema_is_upgraded_with_what_is_in_it(url: str, version: int) -> None:
    written_by(url, version)
    database = Database.open(url)
    assert Runs(database).get("old").status == "ended"
    assert [entry.seq for entry in SqlLedger(database).entries("old")] == [1]
    with database.reading() as connection:
        assert connection.execute(select(tables.schema.c.version)).scalar_one() == tables.VERSION
    Runs(database).remove("old")
    assert not list(SqlLedger(database).entries("old"))
    database.close()


def test_an_upgraded_schema_is_the_one_that_is_made_anew(url: str, tmp_path: Path) -> None:
    written_by(url, 1)
    database = Database.open(url)
    with database.reading() as connection:
        names = set(inspect(connection).get_table_names()) - {REVISIONS}
        assert names == set(tables.metadata.tables)
        context = MigrationContext.configure(connection)
        from alembic.autogenerate import compare_metadata

        found = compare_metadata(context, tables.metadata)
    database.close()
    assert [change for change in found if REVISIONS not in str(change)] == []


def test_the_newest_migration_is_the_schema_s_version() -> None:
    config = Config()
    config.set_main_option("script_location", "makery.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == revision(tables.VERSION)


def test_the_ledger_of_a_run_that_was_not_removed_cannot_be_deleted(database: Database) -> None:
    ledger = SqlLedger(database)
    ledger.append("r", RunStarted(run="r", team="t", mode="duo", model="m", out="o"))
    with pytest.raises(StorageFailure, match="append-only"), database.writing() as connection:
        connection.execute(text("DELETE FROM events WHERE run = 'r'"))
