"""`makery build`: the names, the JSON object and the exit statuses that scripts depend on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from app_standins import PROGRAM, REQUIREMENT, greeting_check
from typer.testing import Result

from makery.kernel.documents import CheckResult, TestReport
from makery.kernel.errors import (
    AuthenticationFailed,
    ModelUnavailable,
    PriceUnknown,
    ProviderUnavailable,
    RateLimited,
    SandboxUnavailable,
    SettingsError,
)
from makery.llm.cassette import UnrecordedCall
from makery.testing import FakeVerifier

Makery = Callable[..., Result]


def failing() -> FakeVerifier:
    report = TestReport(candidate=0, revision=0, results=(CheckResult(check="E1", outcome="failed"),))
    return FakeVerifier(lambda *_: report, examples=[greeting_check()])


def test_a_verified_program_exits_0_and_says_where_it_is(makery: Makery, tmp_path: Path) -> None:
    result = makery("build", REQUIREMENT, "-o", "out")

    assert result.exit_code == 0
    assert "verified: 1 of 1 clauses checked" in result.stdout
    assert str(tmp_path / "out") in result.stdout
    assert (tmp_path / "out" / "main.py").is_file()


def test_a_bare_requirement_is_a_build(makery: Makery, tmp_path: Path) -> None:
    assert makery(REQUIREMENT, "-o", "out").exit_code == 0
    assert (tmp_path / "out" / "main.py").is_file()


def test_options_may_come_before_the_requirement(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / "req.md").write_text(REQUIREMENT, encoding="utf-8")

    assert makery("-f", "req.md", "-o", "out").exit_code == 0


def test_a_requirement_is_read_from_standard_input(makery: Makery) -> None:
    result = makery("build", "-f", "-", "-o", "out", stdin="程序输出问候语。")

    assert result.exit_code == 0
    report = Path("out/.makery/report.md").read_text(encoding="utf-8")
    assert "程序输出问候语。" in report


def test_json_is_one_object_with_the_promised_names_and_nothing_else(makery: Makery, tmp_path: Path) -> None:
    result = makery("build", REQUIREMENT, "-o", "out", "--json")

    facts = json.loads(result.stdout)
    assert {"run_id", "verdict", "out", "seconds", "tokens", "usd", "calls"} <= facts.keys()
    assert facts["verdict"] == "verified"
    assert facts["out"] == str(tmp_path / "out")
    assert facts["tokens"].keys() == {"prompt", "completion", "cached"}
    assert facts["calls"] == 1 and facts["exit_status"] == 0


def test_a_program_that_fails_its_checks_exits_3(makery: Makery) -> None:
    result = makery("build", REQUIREMENT, "-o", "out", "--json", verifier=failing())

    assert result.exit_code == 3
    assert json.loads(result.stdout)["verdict"] == "not verified"


def test_a_limit_exits_4_and_says_what_to_raise(makery: Makery) -> None:
    result = makery("build", REQUIREMENT, "-o", "out", "--max-tokens", "5", "--json")

    facts = json.loads(result.stdout)
    assert result.exit_code == 4
    assert facts["continue_with"] == f"makery runs resume {facts['run_id']} --max-tokens MORE"
    assert facts["continue_with"] in result.stderr


def test_a_paused_run_is_continued_by_the_printed_command(makery: Makery) -> None:
    run = json.loads(makery("build", REQUIREMENT, "-o", "out", "--max-tokens", "5", "--json").stdout)[
        "run_id"
    ]

    result = makery("runs", "resume", run, "--max-tokens", "100000", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["run_id"] == run


@pytest.mark.parametrize(
    "error",
    [
        SandboxUnavailable("No sandbox works here.", remedy="sudo apt-get install bubblewrap"),
        ModelUnavailable("The weights are not here.", remedy="makery models pull"),
        AuthenticationFailed("The key was refused.", remedy="Set OPENAI_API_KEY."),
        ProviderUnavailable("Nobody answers at http://127.0.0.1:9/v1.", remedy="Start the server."),
        RateLimited("Too many calls.", remedy="Wait a minute."),
    ],
)
def test_no_model_or_no_sandbox_exits_5_and_says_what_mends_it(makery: Makery, error: Exception) -> None:
    result = makery("build", REQUIREMENT, "-o", "out", "--json", broken=error)

    facts = json.loads(result.stdout)
    assert result.exit_code == 5
    assert facts["error"] == type(error).__name__
    assert error.remedy in result.stderr  # type: ignore[attr-defined]
    assert "Traceback" not in result.stderr


def test_a_bug_of_ours_exits_1_and_keeps_its_traceback_in_a_file(makery: Makery) -> None:
    def bug(*_: object) -> TestReport:
        raise ZeroDivisionError("division by zero")

    result = makery(
        "build", REQUIREMENT, "-o", "out", verifier=FakeVerifier(bug, examples=[greeting_check()])
    )

    assert result.exit_code == 1
    saved = next(word for word in result.stderr.split() if word.endswith(".txt"))
    assert "ZeroDivisionError" in Path(saved).read_text(encoding="utf-8")
    assert "Traceback (most recent" not in result.stderr
    Path(saved).unlink()


BAD_INPUT = {
    "empty": (["build", ""], "empty"),
    "blank": (["build", "  \n "], "empty"),
    "too long": (["build", "do it. " * 15_000], "limit"),
    "control characters": (["build", "print \x00"], "plain text"),
    "no requirement": (["build"], "-f FILE"),
    "two requirements": (["build", "a", "-f", "b.md"], "-f FILE"),
    "no such file": (["build", "-f", "nowhere.md"], "nowhere.md"),
    "unknown model": (["build", REQUIREMENT, "--model", "embeded"], "embedded"),
    "out is a file": (["build", REQUIREMENT, "-o", "file.txt"], "is a file"),
    "out is not empty": (["build", REQUIREMENT, "-o", "full"], "not empty"),
    "no repository": (["change", REQUIREMENT, "--repo", "nowhere"], "nowhere"),
    "empty repository": (["change", REQUIREMENT, "--repo", "empty"], "no files"),
    "unknown run": (["runs", "resume", "nope"], "nope"),
    "unknown skill": (["skills", "run", "write_cod", REQUIREMENT], "write_code"),
}


@pytest.mark.parametrize(("words", "told"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_exits_2_with_a_message_and_no_run(
    makery: Makery, tmp_path: Path, words: list[str], told: str
) -> None:
    (tmp_path / "file.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "empty").mkdir()

    result = makery(*words)

    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert makery("runs", "list", "--json").stdout.strip() == "[]"


def test_bad_input_with_json_still_prints_one_object(makery: Makery) -> None:
    result = makery("build", "", "--json")

    facts = json.loads(result.stdout)
    assert result.exit_code == 2
    assert facts["exit_status"] == 2 and "empty" in facts["message"]
    assert {"run_id", "verdict", "out", "seconds", "tokens", "usd", "calls"} <= facts.keys()


def test_a_file_that_is_not_text_is_refused(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / "req.md").write_bytes(b"\xff\xfe\x00")

    result = makery("build", "-f", "req.md")

    assert result.exit_code == 2 and "UTF-8" in result.stderr


def test_a_huge_file_is_refused_unread(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / "req.md").write_bytes(b"a" * (2 << 20))

    result = makery("build", "-f", "req.md")

    assert result.exit_code == 2 and "larger than" in result.stderr


def test_a_read_only_folder_is_told(makery: Makery) -> None:
    result = makery("build", REQUIREMENT, "-o", "/proc/makery-out")

    assert result.exit_code == 2
    assert "/proc/makery-out" in result.stderr


def test_a_slip_in_a_command_is_not_taken_for_a_requirement(makery: Makery) -> None:
    result = makery("biuld", REQUIREMENT)

    assert result.exit_code == 2 and "build" in result.stderr


def test_a_change_tells_its_branch(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print('bye')\n", encoding="utf-8")

    result = makery("change", REQUIREMENT, "--repo", "repo", "--json")

    facts = json.loads(result.stdout)
    assert result.exit_code == 0
    assert facts["branch"] == f"makery/{facts['run_id']}"


def test_progress_goes_to_standard_error_as_plain_lines(makery: Makery) -> None:
    result = makery("build", REQUIREMENT, "-o", "out")

    assert "engineer begins candidate 0" in result.stderr
    assert "accepted: Program 0.0" in result.stderr


def test_streamed_text_is_shown_when_asked_for(makery: Makery) -> None:
    assert PROGRAM in makery("build", REQUIREMENT, "-o", "a", "--stream").stderr
    assert PROGRAM not in makery("build", REQUIREMENT, "-o", "b").stderr


def test_an_unknown_price_stops_and_says_how_to_allow_it(makery: Makery) -> None:
    unknown = PriceUnknown("The price is not known.", limit="--max-usd", remedy="Allow it.")

    result = makery("build", REQUIREMENT, "-o", "out", "--json", broken=unknown)

    facts = json.loads(result.stdout)
    assert result.exit_code == 4
    assert facts["continue_with"] == f"makery runs resume {facts['run_id']} --allow-unknown-price"


@pytest.mark.parametrize("error", [SettingsError("There is no key."), ModelUnavailable("No weights.")])
def test_a_missing_key_or_model_leaves_nothing_behind(
    makery: Makery, tmp_path: Path, error: Exception
) -> None:
    result = makery("build", REQUIREMENT, "-o", "out", broken=error)

    assert result.exit_code == error.exit_status  # type: ignore[attr-defined]
    assert not (tmp_path / "out").exists()
    assert makery("runs", "list", "--json").stdout.strip() == "[]"


def test_building_into_an_earlier_delivery_is_refused_with_its_run_and_the_ways_on(makery: Makery) -> None:
    run = json.loads(makery("build", REQUIREMENT, "-o", "out", "--json").stdout)["run_id"]
    before = Path("out/main.py").read_text(encoding="utf-8")

    refused = makery("build", "The program prints bye.", "-o", "out")

    assert refused.exit_code == 2
    assert f"run {run} made: {REQUIREMENT}" in refused.stderr
    assert "--yes" in refused.stderr and "makery change --repo out" in refused.stderr
    assert Path("out/main.py").read_text(encoding="utf-8") == before
    assert len(json.loads(makery("runs", "list", "--json").stdout)) == 1


def test_yes_builds_over_an_earlier_delivery(makery: Makery) -> None:
    assert makery("build", REQUIREMENT, "-o", "out").exit_code == 0

    assert makery("build", REQUIREMENT, "-o", "out", "--yes").exit_code == 0


def test_the_folder_of_a_stopped_run_names_the_command_that_continues_it(makery: Makery) -> None:
    run = json.loads(makery("build", REQUIREMENT, "-o", "out", "--max-tokens", "5", "--json").stdout)[
        "run_id"
    ]

    refused = makery("build", REQUIREMENT, "-o", "out")

    assert refused.exit_code == 2 and f"makery runs resume {run}" in refused.stderr


def test_resuming_a_run_that_has_ended_says_so_and_exits_with_its_status(makery: Makery) -> None:
    run = json.loads(makery("build", REQUIREMENT, "-o", "out", "--json", verifier=failing()).stdout)["run_id"]

    result = makery("runs", "resume", run)

    assert result.exit_code == 3
    assert "has ended" in result.stderr and "continues" not in result.stderr
    assert "not verified" in result.stdout


def test_a_replay_that_does_not_fit_says_why_once_and_suggests_no_resume(makery: Makery) -> None:
    unfit = UnrecordedCall("r.jsonl holds no call like the one asked.", remedy="Record again.")

    def ask(*_: object) -> TestReport:
        raise unfit

    recording = Path("r.jsonl")
    recording.write_text('{"makery_recording":1,"model":"embedded"}\n', encoding="utf-8")
    verifier = FakeVerifier(ask, examples=[greeting_check()])

    result = makery("build", REQUIREMENT, "-o", "out", "--replay", "r.jsonl", "--json", verifier=verifier)

    facts = json.loads(result.stdout)
    assert result.exit_code == 2
    assert result.stderr.count("holds no call like") == 1
    assert "resume" not in result.stderr and facts["continue_with"] == ""
    assert "resume" not in Path("out/.makery/report.md").read_text(encoding="utf-8")
    assert "resume" not in makery("runs", "show", facts["run_id"]).output
