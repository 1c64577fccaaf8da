"""A PostgreSQL server of the benchmark's own, which can be restarted as if the power had failed."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


class Server:
    """Runs in a folder, with fsync on: what it acknowledged is on the disk."""

    def __init__(self, folder: Path, binaries: Path, user: str | None) -> None:
        self._data, self._log, self._binaries, self._user = folder / "data", folder / "log", binaries, user
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        sockets = f"unix_socket_directories={self._data.parent}"
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c {sockets} -c max_connections=300"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._log), "-o", options, "start")

    def stop(self) -> None:
        """End it without letting it finish anything."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def restart(self) -> None:
        """Stop it in the middle of everything, and start it again, with recovery from its log."""
        self.stop()
        self.start()

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        name = f"b{os.urandom(6).hex()}"
        server = f"postgresql://postgres@127.0.0.1:{self.port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{server}/{name}"

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *words],
            user=self._user,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def serving() -> Iterator[Server]:
    """The server, up during the block.

    Raises:
        SystemExit: PostgreSQL's server programs are not installed.
    """
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    if found is None:
        raise SystemExit("PostgreSQL's server programs (initdb, pg_ctl) are not installed.")
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = None if os.geteuid() else "postgres" if "postgres" in known else "nobody"
    with TemporaryDirectory(prefix="makery-pg-", ignore_cleanup_errors=True) as name:
        if user:
            shutil.chown(name, user)
        server = Server(Path(name), Path(found).parent, user)
        try:
            yield server
        finally:
            server.stop()
