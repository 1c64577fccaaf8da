"""Runs can be removed: a table that says which, and a trigger that lets only their ledger go."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table and replace the trigger."""
    op.create_table(
        "removals",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL)
    else:
        op.execute("DROP TRIGGER events_never_go")
        op.execute(_SQLITE)


_SQLITE = """CREATE TRIGGER events_never_go BEFORE DELETE ON events
    WHEN NOT EXISTS (SELECT 1 FROM removals WHERE run = OLD.run)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"""

_POSTGRESQL = """CREATE OR REPLACE FUNCTION makery_append_only() RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM removals WHERE run = OLD.run) THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION 'the ledger is append-only';
    END $$ LANGUAGE plpgsql"""
