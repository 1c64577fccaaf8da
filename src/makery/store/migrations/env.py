"""What Alembic runs; the connection, with its open transaction, comes from `makery.store.upgrade`."""

from alembic import context

from makery.store.tables import metadata
from makery.store.upgrade import REVISIONS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISIONS,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
