"""`makery schedule …`: plan, list, remove; and how bad input is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from app_standins import REQUIREMENT
from typer.testing import Result

from makery.interfaces.cli.planning import time_of
from makery.kernel.errors import InputError

Makery = Callable[..., Result]


def planned(makery: Makery) -> dict[str, dict[str, str]]:
    """What `schedule list` prints, by name."""
    return {row["name"]: row for row in json.loads(makery("schedule", "list", "--json").stdout)}


def added(makery: Makery, *words: str) -> None:
    done = makery("schedule", "add", *words)
    assert done.exit_code == 0, done.stderr
    assert f"Planned: {words[0]}" in done.stderr


def test_what_is_planned_is_listed_with_when_and_what_and_can_be_removed(
    makery: Makery, tmp_path: Path
) -> None:
    (tmp_path / "wish.md").write_text("写一个秒表。", encoding="utf-8")
    added(makery, "each morning", REQUIREMENT, "--cron", "0 8 * * 1-5", "--timezone", "Europe/Berlin")
    added(makery, "hourly", "-f", "wish.md", "--cron", "@hourly", "--catch-up", "--model", "embedded")
    added(makery, "eve", REQUIREMENT, "--at", "2999-12-24T18:00", "--timezone", "Asia/Shanghai")
    limits = ("--max-tokens", "9", "--max-usd", "0.5", "--max-minutes", "3", "--max-calls", "2")
    added(
        makery, "soon", "Sum it up.", "--at", "+3d", "--team", "assistant", *limits, "--allow-unknown-price"
    )

    found = planned(makery)
    assert list(found) == ["each morning", "eve", "hourly", "soon"]
    assert found["each morning"]["when"] == "0 8 * * 1-5 Europe/Berlin"
    assert (found["hourly"]["kind"], found["hourly"]["what"]) == ("build", "写一个秒表。")
    assert found["hourly"]["when"] == "@hourly UTC"
    assert found["eve"]["when"] == "2999-12-24T18:00:00+08:00"
    assert found["soon"]["what"] == "assistant: Sum it up."
    assert "each morning" in makery("schedule", "list").stdout

    assert makery("schedule", "rm", "eve").exit_code == 0
    assert "eve" not in planned(makery)
    again = makery("schedule", "rm", "eve")
    assert again.exit_code == 2 and "Nothing called 'eve' is planned" in again.stderr


def test_a_reminder_keeps_the_limits_with_which_the_run_is_to_go_on(makery: Makery) -> None:
    run = makery("build", REQUIREMENT, "--detach").stdout.strip()
    added(makery, "nudge", "--at", "+2h", "--resume", run[:12], "--max-usd", "5")
    assert planned(makery)["nudge"]["what"] == f"resume {run[:12]}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x", REQUIREMENT), "either a cron text or one time"),
        (("x", REQUIREMENT, "--cron", "@daily", "--at", "+1h"), "either a cron text or one time"),
        (("x", "--at", "+1h"), "either in quotes or with -f FILE"),
        (("x", REQUIREMENT, "-f", "wish.md", "--at", "+1h"), "Both were given"),
        (("x", "-f", "nowhere.md", "--at", "+1h"), "cannot be read"),
        (("x", " ", "--at", "+1h"), "requirement is empty"),
        ((" ", REQUIREMENT, "--at", "+1h"), "A schedule has a name"),
        (("x", REQUIREMENT, "--at", "tomorrow"), "'tomorrow' in 'UTC' is no time"),
        (("x", REQUIREMENT, "--at", "+99999999999999d"), "is no time"),
        (("x", REQUIREMENT, "--at", "2999-02-30T10:00"), "is no time"),
        (("x", REQUIREMENT, "--at", "2020-01-01T10:00"), "has passed"),
        (("x", REQUIREMENT, "--at", "2999-01-01T10:00", "--timezone", "Mars"), "in 'Mars' is no time"),
        (("x", REQUIREMENT, "--at", "2999-01-01T10:00", "--timezone", "../etc"), "is no time"),
        (("x", REQUIREMENT, "--cron", "every day"), "every day"),
        (("x", REQUIREMENT, "--cron", "61 * * * *"), "61 * * * *"),
        (("x", REQUIREMENT, "--cron", "@daily", "--timezone", "Mars/Olympus"), "Mars/Olympus"),
        (("x", REQUIREMENT, "--at", "+1h", "--team", "nobody"), "No team is called 'nobody'"),
        (("x", REQUIREMENT, "--at", "+1h", "--model", "other"), "No model is called 'other'"),
        (("x", REQUIREMENT, "--at", "+1h", "--max-calls", "0"), "max-calls"),
        (("x", "--at", "+1h", "--resume", "nope"), "No run is called 'nope'"),
        (("x", REQUIREMENT, "--at", "+1h", "--resume", "nope"), "has its requirement, team and model"),
        (("x", "--at", "+1h", "--resume", "nope", "--model", "m"), "has its requirement, team and model"),
        (("x", "--at", "+1h", "--resume", "nope", "--team", "t"), "has its requirement, team and model"),
    ],
)
def test_what_cannot_be_planned_is_told_in_a_sentence_and_leaves_nothing(
    makery: Makery, words: tuple[str, ...], said: str
) -> None:
    result = makery("schedule", "add", *words)
    assert result.exit_code == 2, (result.exit_code, result.output)
    assert said in " ".join(result.stderr.split())
    assert planned(makery) == {}


def test_a_run_that_its_own_process_does_is_not_woken(makery: Makery) -> None:
    run = json.loads(makery(REQUIREMENT, "-o", "out", "--max-tokens", "1", "--json").stdout)["run_id"]
    result = makery("schedule", "add", "x", "--at", "+1h", "--resume", run)
    assert result.exit_code == 2 and "--detach" in result.stderr


def test_a_name_is_planned_once(makery: Makery) -> None:
    added(makery, "x", REQUIREMENT, "--at", "+1h")
    result = makery("schedule", "add", "x", REQUIREMENT, "--cron", "@daily")
    assert result.exit_code == 2 and "'x' is there already" in result.stderr


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2030-07-01T18:00", "Europe/Berlin", datetime(2030, 7, 1, 16, tzinfo=UTC)),
        ("2030-07-01T18:00Z", "Europe/Berlin", datetime(2030, 7, 1, 18, tzinfo=UTC)),
        (" 2030-07-01 18:00:30+02:00 ", "UTC", datetime(2030, 7, 1, 16, 0, 30, tzinfo=UTC)),
        ("2030-07-01", "Asia/Shanghai", datetime(2030, 6, 30, 16, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_one_of_the_zone_that_is_named(
    text: str, zone: str, moment: datetime
) -> None:
    assert time_of(text, zone) == moment


@pytest.mark.parametrize(
    ("text", "far"), [("+90m", 1.5), ("+2h", 2), ("+3d", 72), (" +1w ", 168), ("+0m", 0)]
)
def test_a_distance_is_counted_from_now(text: str, far: float) -> None:
    before = datetime.now(UTC)
    moment = time_of(text, "UTC")
    assert before <= moment - timedelta(hours=far) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["", "+", "+h", "+1y", "-1h", "+1.5h", "18:00", "+１h", "2030-07-01T25:00"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        time_of(text, "UTC")
