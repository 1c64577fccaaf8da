"""A database on SQLite, and on PostgreSQL where its binaries and driver are installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from makery.store.database import Database
from standin_postgresql import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/makery.db"
    return new_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty database, closed at the end."""
    opened = Database.open(url)
    yield opened
    opened.close()
