"""Teams that tenants published: their files, by name."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select

from makery.kernel.artifact import Frozen
from makery.store.access_tables import metadata, published_teams
from makery.store.database import Database


class PublishedTeam(Frozen):
    """A team's file under a name."""

    organisation: str
    project: str = ""
    """'' for the whole organisation."""
    name: str
    file: str
    """What the file says, as JSON."""
    created: float


class PublishedTeams:
    """Keeps the files.

    Args:
        database: where they are kept.
        clock: Unix time in seconds.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.clock = clock
        database.make(metadata)

    def put(self, team: PublishedTeam) -> None:
        """Keep one; another one of the same place and name is replaced.

        Raises:
            StorageFailure: it cannot be written.
        """
        with self._database.writing() as connection:
            connection.execute(delete(published_teams).where(_at(team.organisation, team.project, team.name)))
            connection.execute(insert(published_teams).values(**team.model_dump(mode="json")))

    def of(self, organisation: str, project: str = "") -> tuple[PublishedTeam, ...]:
        """The organisation's own, and the project's if one is named; by name, the project's first.

        Raises:
            StorageFailure: they cannot be read.
        """
        places = {"", project}
        mine = and_(
            published_teams.c.organisation == organisation, published_teams.c.project.in_(sorted(places))
        )
        wanted = (
            select(published_teams)
            .where(mine)
            .order_by(published_teams.c.name, published_teams.c.project.desc())
        )
        with self._database.reading() as connection:
            rows: list[Any] = list(connection.execute(wanted))
        return tuple(PublishedTeam.model_validate(dict(row._mapping)) for row in rows)

    def remove(self, organisation: str, project: str, name: str) -> bool:
        """Remove one of exactly that place; whether it was there.

        Raises:
            StorageFailure: it cannot be written.
        """
        with self._database.writing() as connection:
            gone = connection.execute(delete(published_teams).where(_at(organisation, project, name)))
            return gone.rowcount > 0


def _at(organisation: str, project: str, name: str) -> ColumnElement[bool]:
    return and_(
        published_teams.c.organisation == organisation,
        published_teams.c.project == project,
        published_teams.c.name == name,
    )
