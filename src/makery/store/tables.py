"""The tables, the same on SQLite and PostgreSQL, and the triggers that keep the ledger append-only."""

from sqlalchemy import JSON, Column, Connection, Double, Index, Integer, MetaData, String, Table, Text, text

VERSION = 2
"""Of this schema. A database with a larger one was written by a newer Makery and is refused."""

metadata = MetaData()

schema = Table("makery_schema", metadata, Column("version", Integer, primary_key=True))

runs = Table(
    "runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("created", Double, nullable=False),
    Column("ended", Double),
    Column("requirement", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("out", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("exit_status", Integer),
    Column("verdict", Text, nullable=False),
    Column("limits", JSON, nullable=False),
    Column("options", JSON, nullable=False),
)
Index("runs_by_time", runs.c.created)

events = Table(
    "events",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("type", String(32), nullable=False),
    Column("event", Text, nullable=False),
)
"""`event` is text, not JSON: PostgreSQL's JSON cannot hold a NUL character, which programs may print."""

completions = Table(
    "completions",
    metadata,
    Column("digest", String(128), primary_key=True),
    Column("created", Double, nullable=False),
    Column("completion", Text, nullable=False),
)

removals = Table(
    "removals",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("at", Double, nullable=False),
)
"""Runs that somebody removed: the only ones whose ledger may go."""

_SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS events_never_change BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS events_never_go BEFORE DELETE ON events
    WHEN NOT EXISTS (SELECT 1 FROM removals WHERE run = OLD.run)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # INSERT OR REPLACE removes the old row without firing the trigger above.
    """CREATE TRIGGER IF NOT EXISTS events_never_replaced BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE run = NEW.run AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION makery_append_only() RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM removals WHERE run = OLD.run) THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION 'the ledger is append-only';
    END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER events_never_change BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION makery_append_only()""",
    """CREATE OR REPLACE TRIGGER events_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION makery_append_only()""",
)


def make_tables(connection: Connection) -> None:
    """Make what is missing; harmless when all is there."""
    metadata.create_all(connection)
    make_triggers(connection)


def make_triggers(connection: Connection) -> None:
    """Make the triggers that are missing."""
    triggers = _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE
    for statement in triggers:
        connection.execute(text(statement))
