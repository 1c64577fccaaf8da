"""Whom a server tells of events."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select

from makery.kernel.artifact import Frozen
from makery.store.access_tables import metadata, webhooks
from makery.store.database import Database


class Webhook(Frozen):
    """An address that is told of a tenant's events."""

    id: str
    organisation: str
    project: str = ""
    """'' for all projects."""
    url: str
    secret: str
    """With which messages are signed; shown once."""
    events: tuple[str, ...] = ()
    """Types of events; empty for all."""
    created: float


class Webhooks:
    """Keeps the list.

    Args:
        database: where it is kept.
        clock: Unix time in seconds.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.clock = clock
        database.make(metadata)

    def add(self, webhook: Webhook) -> None:
        """Keep one."""
        with self._database.writing() as connection:
            connection.execute(insert(webhooks).values(**webhook.model_dump(mode="json")))

    def of(self, organisation: str) -> tuple[Webhook, ...]:
        """An organisation's, oldest first."""
        mine = webhooks.c.organisation == organisation
        wanted = select(webhooks).where(mine).order_by(webhooks.c.created)
        with self._database.reading() as connection:
            rows: list[Any] = list(connection.execute(wanted))
        return tuple(Webhook.model_validate(dict(row._mapping)) for row in rows)

    def remove(self, organisation: str, id: str) -> bool:  # noqa: A002 - its name in the API
        """Remove one; whether that organisation had it."""
        mine: ColumnElement[bool] = and_(webhooks.c.organisation == organisation, webhooks.c.id == id)
        with self._database.writing() as connection:
            return connection.execute(delete(webhooks).where(mine)).rowcount > 0
