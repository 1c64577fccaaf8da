"""A load balancer learns when the server cannot work."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from api_server import TOKEN, caller, make_factory, served

sys.path.insert(0, str(Path(__file__).parents[1]))

from makery.interfaces.server import whole_application
from standin_postgresql import new_database


def ready_before_and_after(tmp_path: Path, away: Callable[[], object], **settings: object) -> None:
    """The server is ready, and is not when its database is away; it answers and is healthy all the same."""
    with (
        served(whole_application(make_factory(tmp_path, **settings), token=TOKEN)) as url,
        caller(url) as api,
    ):
        assert (api.get("/ready").status_code, api.get("/ready").json()["status"]) == (200, "ok")
        away()
        answer = api.get("/ready")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["problems"]) == ("not ready", ["StorageFailure"])
        assert api.get("/health").status_code == 200
        problem = api.get("/api/v1/runs")
        assert (problem.status_code, problem.json()["type"]) == (503, "urn:makery:StorageFailure")


def test_a_server_whose_tables_are_gone_is_not_ready(tmp_path: Path) -> None:
    def drop() -> None:
        with sqlite3.connect(tmp_path / "away.db") as connection:
            connection.execute("DROP TABLE runs")
        connection.close()

    ready_before_and_after(tmp_path, drop, database=f"sqlite:///{tmp_path}/away.db")


def test_a_server_whose_database_is_away_is_not_ready(tmp_path: Path, postgresql_server: str) -> None:
    database = new_database(postgresql_server)

    def drop() -> None:
        with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {database.rpartition('/')[2]} WITH (FORCE)")

    ready_before_and_after(tmp_path, drop, database=database)
