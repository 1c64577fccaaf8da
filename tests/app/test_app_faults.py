"""What a full disk, a damaged file or another sitting does to a run: told, and never a wrong result."""

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from app_standins import PROGRAM, REQUIREMENT, StandIns, greeting_check, settings_in

from makery import Factory
from makery.app.doctor import diagnose, healthy
from makery.app.meter import Meter
from makery.app.options import BuildOptions, ForkOptions, ResumeOptions
from makery.app.result import RunResult
from makery.app.settings import Settings
from makery.durable.dbos_record import DbosRecord
from makery.durable.resume import read_history
from makery.kernel.documents import TestReport
from makery.kernel.errors import OtherVersion, ProviderUnavailable, StorageFailure
from makery.kernel.events import Entry, ModelCalled
from makery.kernel.gates import Gate
from makery.kernel.pool import Pool
from makery.kernel.verdict import Verdict
from makery.testing import FakeVerifier, ListSink, ScriptedModel

Make = Callable[..., Factory]
PAGE = 4096
SMALLEST_DATABASE = 4 * PAGE


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def build(factory: Factory, **options: object) -> RunResult:
    async def conduct() -> RunResult:
        order = BuildOptions.model_validate({"requirement": REQUIREMENT, **options})
        return await (await factory.start(order)).wait()

    return asyncio.run(conduct())


def resume(factory: Factory, run: str, *sinks: ListSink, **options: object) -> RunResult:
    async def conduct() -> RunResult:
        order = ResumeOptions.model_validate({"run": run, **options})
        return await (await factory.resume(order, *sinks)).wait()

    return asyncio.run(conduct())


def fork(factory: Factory, run: str) -> RunResult:
    async def conduct() -> RunResult:
        return await (await factory.fork(ForkOptions(run=run, at="1", out=Path("forked")))).wait()

    return asyncio.run(conduct())


def failing() -> FakeVerifier:
    def broken(*_: object) -> TestReport:
        raise ProviderUnavailable("Nobody answers.")

    return FakeVerifier(broken, examples=[greeting_check()])


# --------------------------------------------------------------------------- full disk


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The system refuses to write further, as on a full disk; this process may lift that again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [1 << 10, 60 << 10, 200 << 10, 400 << 10, 600 << 10])
def test_a_disk_that_fills_up_at_any_time_costs_nothing_twice(
    settings: Settings, tmp_path: Path, room: int
) -> None:
    models: list[ScriptedModel] = []

    def process() -> Factory:
        parts = StandIns(settings)
        models.append(parts.model)
        return Factory(settings, parts=parts)

    told = _told_of_a_full_disk(process, room)
    begun = process().runs()
    assert len(begun) <= 1
    again = resume(process(), begun[0].id) if begun else build(process(), out="small")

    elsewhere = settings_in(tmp_path / "elsewhere")
    sound = build(Factory(elsewhere, parts=StandIns(elsewhere)), out="sound")
    assert again.exit_status == 0, again.message
    assert (again.files, str(again.verdict)) == (sound.files, str(sound.verdict))
    assert (again.workspace / "main.py").read_text() == (sound.workspace / "main.py").read_text()
    asked = sum(len(model.calls) for model in models)
    assert sound.used.calls <= asked <= sound.used.calls + 1, "at most the call in flight is made again"
    assert again.used.calls <= asked
    if room < SMALLEST_DATABASE:
        assert told and not begun, "a run that could not be noted is none"


def _told_of_a_full_disk(process: Callable[[], Factory], room: int) -> bool:
    """Build with little room; whether that failed, of which the user is told."""
    try:
        with files_no_larger_than(room):
            stopped = build(process(), out="small")
    except StorageFailure as failure:
        assert failure.exit_status == 2
        assert "disk space" in failure.remedy, failure
        return True
    assert stopped.exit_status in (0, 2), stopped.message
    assert (stopped.exit_status == 2) == isinstance(stopped.error, StorageFailure)
    return stopped.exit_status == 2


# --------------------------------------------------------------------------- damage


def damaged(database: Path, page: int) -> None:
    """Half of a page, counted from the end, becomes garbage."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(database.read_bytes())
    begin = len(data) - page * PAGE
    data[begin : begin + PAGE // 2] = bytes(range(256)) * (PAGE // 512)
    database.write_bytes(data)
    for more in ("-wal", "-shm"):
        database.with_name(database.name + more).unlink(missing_ok=True)


@pytest.mark.parametrize("page", [1, 2, 5, 9])
def test_a_damaged_page_of_the_database_never_gives_another_run(tmp_path: Path, page: int) -> None:
    settings = settings_in(tmp_path)
    first = Factory(settings, parts=StandIns(settings, verifier=failing()))
    stopped = build(first, out="out")
    assert stopped.exit_status == 5
    truth = (first.events(stopped.run_id), first.steps(stopped.run_id), first.runs())
    first._parts._database.close()  # type: ignore[attr-defined] - the file is about to change
    damaged(settings.home / "makery.db", page)

    fresh = Factory(settings, parts=StandIns(settings, {}))
    looks = (
        lambda: fresh.events(stopped.run_id),
        lambda: fresh.steps(stopped.run_id),
        lambda: fresh.runs(),
    )
    for look, expected in zip(looks, truth, strict=True):
        try:
            assert look() == expected
        except StorageFailure as failure:
            assert failure.exit_status == 2 and "backup" in failure.remedy
    try:
        again = resume(fresh, stopped.run_id)
    except StorageFailure as failure:
        assert failure.exit_status == 2 and "backup" in failure.remedy
    else:
        whole = again.exit_status == 0 and (again.workspace / "main.py").read_text() == "print('hello')\n"
        assert isinstance(again.error, StorageFailure) or (whole and again.verdict is not None)
    assert not healthy(diagnose(settings, StandIns(settings)))


# --------------------------------------------------------------------------- a function of the ledger


def test_a_run_is_what_its_exported_ledger_says_and_nothing_else(factory: Make) -> None:
    maker = factory()
    stopped = build(factory(verifier=failing()), out="out")
    ended = resume(maker, stopped.run_id)
    entries = [Entry.model_validate_json(line) for line in maker.export(ended.run_id)]

    history = read_history(entries)
    assert Meter(entry.event for entry in entries).total == ended.used
    assert history.spent.calls == ended.used.calls and history.spent.usage == ended.used.usage
    assert Pool(history.messages).latest(Verdict) == ended.verdict
    assert history.spent.seconds == pytest.approx(ended.seconds, abs=1.0)
    maker.restore(ended.run_id, Path("again"))
    assert Path("again/main.py").read_bytes() == Path("out/main.py").read_bytes()


# --------------------------------------------------------------------------- people and versions


def test_what_was_answered_while_the_run_was_stopped_is_not_lost(factory: Make) -> None:
    """DBOS empties the mailbox of a step that failed when it is begun anew."""
    gate: Gate = "delivery"
    stopped = build(factory(), out="out", ask=(gate,), ask_minutes=0.0001, silence="stop")
    assert stopped.exit_status == 4
    asyncio.run(factory().answer(stopped.run_id, "approve", note="fine"))

    again = resume(factory({}), stopped.run_id)

    assert again.exit_status == 0, again.message


def test_what_the_user_allowed_when_going_on_stays_allowed(factory: Make) -> None:
    stopped = build(factory(verifier=failing()), out="out")
    again = resume(factory({}, verifier=failing()), stopped.run_id, allow_unknown_price=True)
    assert again.exit_status == 5
    assert factory().find(stopped.run_id).options["allow_unknown_price"] is True


def test_continuing_with_another_version_does_not_stop_the_workers_of_the_first(
    factory: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> str:
        handle = await factory().start(BuildOptions(requirement=REQUIREMENT, detach=True))
        handle.cancel()
        return handle.run_id

    run = asyncio.run(begin())
    other = factory()
    other._parts.record = lambda: DbosRecord(other.settings.database_url, version="another")  # type: ignore[method-assign]
    with pytest.raises(OtherVersion, match="version"):
        resume(other, run, max_usd=5)
    record = factory().find(run)
    assert record.status == "running"
    assert record.limits.usd is None


def test_no_call_is_made_again_by_a_run_that_goes_on(factory: Make) -> None:
    stopped = build(factory(verifier=failing()), out="out")
    sink = ListSink()
    assert resume(factory({"write_code": [PROGRAM]}), stopped.run_id, sink).exit_status == 0
    assert sink.of(ModelCalled) == []
