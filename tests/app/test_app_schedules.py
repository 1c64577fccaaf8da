"""What recurs begins at its times, by a clock that the test gives; what nobody was there for is made up."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import dbos._scheduler
import pytest
from app_standins import PROGRAM, REQUIREMENT, Make, factories, settings_in, working

from makery import Factory
from makery.app.options import BuildOptions
from makery.app.scheduling import WakeUp
from makery.durable import dbos_schedules
from makery.kernel.errors import InputError
from makery.store.runs import RunRecord

MONDAY = datetime(2030, 1, 7, tzinfo=UTC)
ORDER = BuildOptions(requirement=REQUIREMENT)


class Clock(datetime):
    """Stands where the test puts it."""

    at = MONDAY

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.at.astimezone(tz)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    """The clock by which schedules go: DBOS's, and ours beside it."""
    monkeypatch.setattr(Clock, "at", MONDAY)
    monkeypatch.setattr(dbos._scheduler, "datetime", Clock)
    monkeypatch.setattr(dbos_schedules, "datetime", Clock)
    return Clock


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a factory, each like a process of its own."""
    with factories(settings_in(tmp_path)) as made:
        yield made


async def until(factory: Factory, true: Callable[[tuple[RunRecord, ...]], bool]) -> tuple[RunRecord, ...]:
    """The runs once something holds of them."""
    async with asyncio.timeout(300):
        while not true(runs := await asyncio.to_thread(factory.runs)):
            pass
    return runs


def all_ended(number: int) -> Callable[[tuple[RunRecord, ...]], bool]:
    return lambda runs: [run.status for run in runs] == ["ended"] * number


async def test_a_recurring_schedule_begins_a_run_at_its_time_in_its_time_zone(make: Make, clock) -> None:
    desk = make()
    desk.plan("daily", ORDER, cron="0 8 * * 1-5", timezone="Europe/Berlin")
    clock.at = datetime(2030, 1, 7, 6, 59, 59, 900_000, tzinfo=UTC)
    async with working(make({"write_code": [PROGRAM] * 2})):
        (run,) = await until(desk, all_ended(1))
    assert run.exit_status == 0
    (planned,) = make().planned()
    assert planned.last == "2030-01-07T08:00:00+01:00"


async def test_times_that_nobody_was_there_for_are_skipped(make: Make, clock) -> None:
    desk = make()
    desk.plan("daily", ORDER, cron="0 8 * * *")
    clock.at = MONDAY + timedelta(days=2, hours=7, minutes=59, seconds=59.9)
    async with working(make({"write_code": [PROGRAM] * 4})):
        await until(desk, all_ended(1))
    assert desk.planned()[0].last == "2030-01-09T08:00:00+00:00"
    assert len(desk.runs()) == 1


async def test_times_that_nobody_was_there_for_are_made_up_also_before_the_first_worker(
    make: Make, clock
) -> None:
    desk = make()
    desk.plan("daily", ORDER, cron="0 8 * * *", catch_up=True)
    clock.at = MONDAY + timedelta(days=2, hours=12)
    async with working(make({"write_code": [PROGRAM] * 4})):
        await until(desk, all_ended(3))  # on Monday, Tuesday and Wednesday
    async with working(make({"write_code": [PROGRAM]})):
        pass
    assert len(make().runs()) == 3


async def test_what_was_missed_between_two_workers_is_made_up_once(make: Make, clock) -> None:
    desk = make()
    desk.plan("daily", ORDER, cron="0 8 * * *", catch_up=True)
    clock.at = MONDAY + timedelta(hours=7, minutes=59, seconds=59.9)
    async with working(make({"write_code": [PROGRAM]})):
        await until(desk, all_ended(1))
        while not await asyncio.to_thread(lambda: desk.planned()[0].last):
            pass
    clock.at = MONDAY + timedelta(days=2, hours=12)
    async with working(make({"write_code": [PROGRAM] * 4})):
        await until(desk, all_ended(3))
    assert len(desk.runs()) == 3


async def test_a_stopped_run_is_reminded_each_hour_with_more_to_spend(make: Make, clock) -> None:
    desk = make()
    handle = await desk.start(ORDER.model_copy(update={"detach": True, "max_tokens": 1}))
    async with working(make({"write_code": [PROGRAM]})):
        stopped = await handle.wait()
    assert (stopped.state, stopped.exit_status) == ("paused", 4)
    desk.plan("hourly", WakeUp(run=handle.run_id, max_tokens=100_000), cron="@hourly")
    for _ in range(2):  # the second time there is nothing left to do
        clock.at += timedelta(minutes=59, seconds=59.9)
        before = desk.planned()[0].last
        async with working(make({"write_code": [PROGRAM]})):
            await until(desk, all_ended(1))
            while await asyncio.to_thread(lambda: desk.planned()[0].last) == before:
                pass
    assert desk.show(handle.run_id).exit_status == 0


def test_a_removed_schedule_makes_room_for_another_of_its_name(make: Make) -> None:
    desk = make()
    desk.plan("daily", ORDER, cron="0 8 * * *")
    for when in ({"cron": "0 9 * * *"}, {"at": datetime.now(UTC) + timedelta(days=1)}):
        with pytest.raises(InputError, match="'daily' is there already"):
            desk.plan("daily", ORDER, **when)  # type: ignore[arg-type]
    desk.unplan("daily")
    desk.plan("daily", ORDER, at=datetime.now(UTC) + timedelta(days=1))
    assert len(make().planned()) == 1
