"""A person at the terminal learns what their role may know, and no more, until the game is over."""

import json
from pathlib import Path

import pytest

from village import KILLS, OF_ANNA, VILLAGE, VOTE

LOOKS = '{"reason": "he shouts", "choice": "ben"}'
DAY = {
    "choose": [LOOKS, VOTE, VOTE, VOTE],
    "bid_to_speak": ['{"urgency": 5}'] * 3,
    "say_in_character": ["Good morning."],
    "perceive": ['{"ratings": [1, 1, 1, 1, 1]}'] * 2,
}
"""What follows the night; Anna, who was killed in it, hears nothing of it."""
GAME = {**DAY, "choose": [KILLS, *DAY["choose"]]}
OTOF_ANNA = ("ben, you are", "cleo, you are the seer", "knows too much", "Whom do you kill", "he shouts")


@pytest.fixture
def village(tmp_path: Path) -> str:
    (tmp_path / "village.yaml").write_text(VILLAGE, encoding="utf-8")
    return "village.yaml"


def told(text: str) -> list[str]:
    """The secrets of others in a text."""
    return [secret for secret in OTOF_ANNA if secret in text]


def test_a_person_sees_their_own_part_and_nobody_else_s(makery, village):
    done = makery("team", "run", village, "Play.", "--as", "anna", answers=GAME)
    assert done.exit_code == 0, done.output
    assert OF_ANNA in done.stderr and "anna was killed" in done.stderr
    assert told(done.stderr) == []


def test_who_watches_without_a_seat_sees_everything(makery, village):
    done = makery("team", "run", village, "Play.", answers=GAME)
    assert OF_ANNA in done.stderr and set(told(done.stderr)) == set(OTOF_ANNA) - {"Whom do you kill"}


@pytest.fixture
def stopped(makery, village) -> str:
    """The id of a game that was stopped in its first night."""
    limits = ("--max-calls", "1", "-o", "out", "--json")
    done = makery("team", "run", village, "Play.", "--as", "anna", *limits, answers={"choose": [KILLS]})
    facts = json.loads(done.stdout)
    assert facts["exit_status"] == 4
    return facts["run_id"]


def test_nothing_that_looks_into_a_stopped_game_gives_a_secret_away(makery, stopped, tmp_path):
    ways = (
        ("runs", "show", stopped, "--steps", "--json"),
        ("runs", "watch", stopped, "--json"),
        ("runs", "watch", stopped),
        ("runs", "export", stopped),
        ("runs", "answer", stopped),
        ("runs", "show", stopped, "--json"),
    )
    for way in ways:
        assert told(makery(*way).output) == [], way
    assert OF_ANNA in makery("runs", "export", stopped).stdout
    private = [
        step["role"] for step in json.loads(makery("runs", "show", stopped, "--steps", "--json").stdout)
    ]
    assert private == ["narrator"]
    files = [path for path in (tmp_path / "out/.makery").rglob("*") if path.is_file()]
    assert {"dialogue.jsonl", "ledger.jsonl", "report.md"} <= {path.name for path in files}
    for path in files:
        assert told(path.read_text("utf-8")) == [], path
    assert "| ben" not in (tmp_path / "out/.makery/report.md").read_text("utf-8")


def test_a_recording_is_not_handed_out_before_the_end(makery, stopped):
    refused = makery("runs", "export", stopped, "--recording")
    assert refused.exit_code == 2 and "not over" in refused.stderr


def test_a_person_in_a_seat_does_not_record_what_others_are_told(makery, village):
    refused = makery("team", "run", village, "Play.", "--as", "anna", "--record", "calls.jsonl")
    assert refused.exit_code == 2 and "in confidence" in refused.stderr


def test_an_operator_may_see_all_and_nobody_takes_another_s_eyes(makery, stopped):
    assert "knows too much" in makery("runs", "export", stopped, "--as", "*").stdout
    other = makery("runs", "export", stopped, "--as", "ben")
    assert other.exit_code == 2 and "There are: anna" in other.stderr


def test_when_the_game_is_over_everything_is_open(makery, stopped, tmp_path):
    going_on = ("runs", "resume", stopped, "--max-calls", "20")
    done = makery(*going_on, answers=DAY)
    assert done.exit_code == 0 and told(done.stderr) == []
    assert "knows too much" in makery("runs", "export", stopped).stdout
    assert "cleo, you are the seer" in (tmp_path / "out/.makery/dialogue.jsonl").read_text("utf-8")
