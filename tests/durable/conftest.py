"""A database for a durable record, on SQLite, and on PostgreSQL where its programs are installed."""

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database in which nothing is recorded."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/makery.db"
    return request.getfixturevalue("postgresql_url")
