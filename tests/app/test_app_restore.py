"""A PostgreSQL database is saved and restored with the very commands of docs/backup.md."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_standins import PROGRAM, REQUIREMENT, Make, factories, greeting_check, settings_in

from makery import Factory
from makery.app.options import BuildOptions, ResumeOptions
from makery.app.result import RunResult
from makery.durable import dbos_lease
from makery.kernel.completion import ModelCall
from makery.kernel.documents import TestReport
from makery.kernel.errors import ProviderUnavailable
from makery.kernel.events import ModelCalled
from makery.testing import FakeVerifier, ListSink
from standin_postgresql import postgresql_program

PAGE = Path(__file__).parents[2] / "docs" / "backup.md"


@pytest.fixture
def make(tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a factory on the database, each like a process of its own."""
    monkeypatch.chdir(tmp_path)
    settings = settings_in(tmp_path, database=postgresql_url)
    with factories(settings) as made:
        yield made


def documented(program: str) -> str:
    """The command line of a program of PostgreSQL, as the page has it."""
    [line] = re.findall(rf"^{program} .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return line


def command(line: str, url: str) -> None:
    programs = postgresql_program("pg_dump").parent
    environment = {**os.environ, "DATABASE": url, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def lost(url: str) -> None:
    """The database is gone; an empty one is in its place."""
    import psycopg

    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")


def resumed(factory: Factory, run: str, *sinks: ListSink) -> RunResult:
    async def conduct() -> RunResult:
        return await (await factory.resume(ResumeOptions(run=run), *sinks)).wait()

    return asyncio.run(conduct())


def failing() -> FakeVerifier:
    def broken(*_: object) -> TestReport:
        raise ProviderUnavailable("Nobody answers.")

    return FakeVerifier(broken, examples=[greeting_check()])


def test_an_unfinished_run_goes_on_from_a_restored_backup_and_asks_for_nothing_again(
    make: Make, postgresql_url: str
) -> None:
    async def begin() -> RunResult:
        order = BuildOptions(requirement=REQUIREMENT, out=Path("out"))
        return await (await make(verifier=failing()).start(order)).wait()

    stopped = asyncio.run(begin())
    assert (stopped.exit_status, stopped.used.calls) == (5, 1)
    truth = make().events(stopped.run_id)
    command(documented("pg_dump"), postgresql_url)
    lost(postgresql_url)
    command(documented("pg_restore"), postgresql_url)

    assert make().events(stopped.run_id) == truth
    sink = ListSink()
    again = resumed(make({}), stopped.run_id, sink)
    assert again.exit_status == 0, again.message
    assert sink.of(ModelCalled) == [] and again.used.calls == 1
    assert (again.workspace / "main.py").read_text(encoding="utf-8") == "print('hello')\n"


async def test_a_run_of_workers_goes_on_by_itself_after_a_restore(
    make: Make, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backup was made in the middle of its work, by a worker that is there no more."""
    monkeypatch.setattr(dbos_lease, "BEAT_SECONDS", 0.05)
    asked = asyncio.Event()

    async def never(_: ModelCall) -> None:
        asked.set()
        await asyncio.Event().wait()

    desk = make()
    handle = await desk.start(BuildOptions(requirement=REQUIREMENT, detach=True))
    handle.cancel()
    worker = asyncio.create_task(make(delay=never).work(lambda _: None))
    await asked.wait()
    await asyncio.to_thread(command, documented("pg_dump"), postgresql_url)
    worker.cancel()
    await asyncio.wait({worker})
    lost(postgresql_url)
    await asyncio.to_thread(command, documented("pg_restore"), postgresql_url)

    worker = asyncio.create_task(make({"write_code": [PROGRAM]}).work(lambda _: None))
    result = await make().follow(handle.run_id).wait()
    worker.cancel()
    await asyncio.wait({worker})
    assert result.exit_status == 0, result.message
    assert result.used.calls == 1
