"""Entries of the ledger have checksums; those that are there already stay without, for they never change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("events", sa.Column("digest", sa.String(16)))
