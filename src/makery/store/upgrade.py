"""Bringing an older database up to this version's schema, with Alembic (https://alembic.sqlalchemy.org)."""

from sqlalchemy import Connection, update

from makery.store import tables

REVISIONS = "makery_revision"
"""Alembic's own table; what counts for us is `makery_schema`, which says it without Alembic."""


def upgrade(connection: Connection, version: int) -> None:
    """Carry out all migrations after a version, in the caller's transaction: all or none.

    Alembic is loaded only here, for most starts need it not.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "makery.store:migrations")
    config.attributes["connection"] = connection
    if version:
        command.stamp(config, revision(version))
    command.upgrade(config, revision(tables.VERSION))
    connection.execute(update(tables.schema).values(version=tables.VERSION))


def revision(version: int) -> str:
    """Alembic's name of a schema version."""
    return f"{version:04}"
