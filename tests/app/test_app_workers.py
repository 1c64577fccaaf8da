"""Runs that workers do: begun, stopped, continued and bounded from any process."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from app_standins import PROGRAM, REQUIREMENT, Make, factories, settings_in, working

from makery.app.options import BuildOptions, ResumeOptions
from makery.app.scheduling import WakeUp
from makery.kernel.completion import ModelCall
from makery.kernel.errors import InputError
from makery.kernel.events import ModelCalled, RunStarted
from makery.testing import ListSink

on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
"""For tests of what the database does for workers."""


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The setting of that name; empty is the SQLite file in the data folder."""
    postgresql = getattr(request, "param", "sqlite") == "postgresql"
    return request.getfixturevalue("postgresql_url") if postgresql else ""


@pytest.fixture
def make(tmp_path: Path, database: str) -> Iterator[Make]:
    """Makes a factory, each like a process of its own."""
    settings = settings_in(tmp_path, database=database)
    with factories(settings) as made:
        yield made


def order(**options: object) -> BuildOptions:
    return BuildOptions.model_validate({"requirement": REQUIREMENT, "detach": True, **options})


class FirstHangs:
    """A model whose first answer never comes."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.calls = 0

    async def __call__(self, _: ModelCall) -> None:
        self.calls += 1
        if self.calls == 1:
            self.begun.set()
            await asyncio.Event().wait()


@on_both
async def test_a_detached_run_is_done_by_a_worker_and_its_events_reach_who_began_it(
    make: Make,
) -> None:
    desk, sink = make(), ListSink()
    handle = await desk.start(order(), sink)
    assert desk.find(handle.run_id).status == "running"
    async with working(make({"write_code": [PROGRAM]})):
        result = await handle.wait()
    assert (result.state, result.exit_status) == ("ended", 0), result.message
    assert sink.of(RunStarted)
    assert result.used.calls == len(sink.of(ModelCalled)) == 1
    assert desk.workers() == ()


@on_both
async def test_pausing_reaches_the_worker_and_resuming_repeats_no_finished_act(
    make: Make,
) -> None:
    first = FirstHangs()
    desk = make()
    handle = await desk.start(order())
    async with working(make({"write_code": [PROGRAM] * 2}, delay=first)):
        await first.begun.wait()
        paused = await desk.pause(handle.run_id)
        assert (paused.status, paused.exit_status) == ("paused", 130)
        result = await (await desk.resume(ResumeOptions(run=handle.run_id))).wait()
    assert result.exit_status == 0, result.message
    assert first.calls == 2


@on_both
async def test_a_limit_stops_the_run_and_more_of_it_lets_workers_go_on(make: Make) -> None:
    desk = make()
    handle = await desk.start(order(max_tokens=1))
    async with working(make({"write_code": [PROGRAM] * 2})):
        stopped = await handle.wait()
        assert (stopped.state, stopped.exit_status) == ("paused", 4), stopped.message
        assert "--max-tokens" in stopped.message
        more = ResumeOptions(run=handle.run_id, max_tokens=100_000)
        result = await (await desk.resume(more)).wait()
    assert result.exit_status == 0, result.message


async def test_folders_of_this_machine_are_refused_for_a_run_of_workers(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"-o.*runs export"):
        await make().start(order(out=tmp_path / "out"))
    with pytest.raises(InputError, match="--record"):
        await make().start(order(record=tmp_path / "calls.jsonl"))
    assert make().runs() == ()


@on_both
async def test_what_is_planned_begins_once_at_its_time_and_survives_a_restart(
    make: Make,
) -> None:
    make().plan("later", BuildOptions(requirement=REQUIREMENT), at=datetime.now(UTC) + timedelta(days=300))
    make().plan("nightly", BuildOptions(requirement=REQUIREMENT), cron="0 3 * * *", timezone="Asia/Shanghai")
    make().plan("now", BuildOptions(requirement=REQUIREMENT), at=datetime.now(UTC))
    desk = make()
    assert {one.name: one.when for one in desk.planned()}["nightly"] == "0 3 * * * Asia/Shanghai"
    async with working(make({"write_code": [PROGRAM]})):
        while not await asyncio.to_thread(desk.runs):
            pass
        result = await desk.follow(desk.runs()[0].id).wait()
    assert result.exit_status == 0, result.message
    assert [one.name for one in desk.planned()] == ["later", "nightly"]
    assert len(desk.runs()) == 1
    desk.unplan("later")
    desk.unplan("nightly")
    assert make().planned() == ()


async def test_a_run_that_workers_do_is_woken_at_a_time(make: Make) -> None:
    first = FirstHangs()
    desk = make()
    handle = await desk.start(order())
    async with working(make({"write_code": [PROGRAM] * 2}, delay=first)):
        await first.begun.wait()
        await desk.pause(handle.run_id)
        desk.plan("wake", WakeUp(run=handle.run_id), at=datetime.now(UTC))
        while await asyncio.to_thread(lambda: desk.find(handle.run_id).status) != "ended":
            pass
    assert desk.show(handle.run_id).exit_status == 0


async def test_a_run_that_no_worker_does_is_not_to_be_woken(make: Make, tmp_path: Path) -> None:
    desk = make({"write_code": [PROGRAM]})
    stopped = BuildOptions(requirement=REQUIREMENT, max_tokens=1, out=tmp_path / "out")
    own = await (await desk.start(stopped)).wait()
    with pytest.raises(InputError, match=r"not by workers.*--detach"):
        desk.plan("never", WakeUp(run=own.run_id), at=datetime.now(UTC))


@on_both
def test_a_time_comes_to_one_run_however_often_it_is_begun(make: Make) -> None:
    order = BuildOptions(requirement=REQUIREMENT).model_dump_json()
    moment = "2026-01-01T08:00:00+00:00"
    first = make().begin_planned("daily", moment, order)
    assert make().begin_planned("daily", moment, order) == first
    assert make().begin_planned("daily", "2026-01-02T08:00:00+00:00", order) != first
    assert len(make().runs()) == 2


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({}, "cron text or one time"),
        ({"cron": "every day"}, "every day"),
        ({"cron": "0 3 * * *", "timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"at": datetime(2020, 1, 1, tzinfo=UTC)}, "2020-01-01.* has passed"),
    ],
)
def test_a_time_that_is_none_is_told(make: Make, when: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make().plan("x", BuildOptions(requirement=REQUIREMENT), **when)  # type: ignore[arg-type]
