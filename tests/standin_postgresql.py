"""A PostgreSQL server of our own; tests are skipped, with the reason, where its programs are missing."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def new_database(server: str, *, template: str = "template1") -> str:
    """The URL of a new database on a server, empty unless it is the copy of another."""
    import psycopg

    name = f"t{os.urandom(6).hex()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL, without a database, of a PostgreSQL server of our own on a free port."""
    binaries = _postgresql_binaries()
    if binaries is None or importlib.util.find_spec("psycopg") is None:
        pytest.skip("PostgreSQL's server programs (package `postgresql`) or psycopg are not installed")
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        user = _user()
        if user:
            shutil.chown(folder, user)
        data, port = Path(folder, "data"), _free_port()
        _as(user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        _as(user, binaries / "pg_ctl", "-D", data, "-w", "-l", Path(folder, "log"), "-o", options, "start")
        yield f"postgresql://postgres@127.0.0.1:{port}"
        _as(user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The URL of a database that has all tables and nothing in them; it is copied, not used."""
    from dbos import DBOS

    from makery.store.database import Database

    url = new_database(postgresql_server)
    Database.open(url).close()
    DBOS.migrate(url)
    return url


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> str:
    """The URL of a new database without runs. Its tables are there, which saves making them each time."""
    return new_database(postgresql_server, template=postgresql_template.rpartition("/")[2])


def postgresql_program(name: str) -> Path:
    """Where a program of PostgreSQL is, such as `pg_dump`; the test is skipped if it is missing."""
    binaries = _postgresql_binaries()
    if binaries is None or not (binaries / name).is_file():
        pytest.skip(f"PostgreSQL's program {name} is not installed")
    return binaries / name


def _postgresql_binaries() -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).parent if found else None


def _user() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _as(user: str | None, *command: str | Path) -> None:
    words = [str(part) for part in command]
    output = subprocess.run(words, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
    if output.returncode != 0:
        pytest.skip(f"PostgreSQL does not work here: {words[0]}: {output.stderr.decode().strip()[-300:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
