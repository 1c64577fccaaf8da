"""`makery runs …` on runs that other commands made."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from app_standins import REQUIREMENT
from openai_standin import serving
from typer.testing import Result

Makery = Callable[..., Result]

DOUBLE = "Write `double.py`, which prints 8."
PROGRAM = "double.py\n```python\nprint(8)\n```\n"


def facts(result: Result) -> dict[str, object]:
    return json.loads(result.stdout)


@pytest.fixture
def ended(makery: Makery) -> str:
    """A run that ended."""
    return str(facts(makery(REQUIREMENT, "-o", "out", "--json"))["run_id"])


def test_steps_are_numbered_and_one_can_be_taken_out_changed_and_gone_on_from(
    makery: Makery, ended: str, tmp_path: Path
) -> None:
    steps = json.loads(makery("runs", "show", ended, "--steps", "--json").stdout)
    assert [step["step"] for step in steps] == list(range(1, len(steps) + 1))
    artifact = facts(makery("runs", "show", ended, "--step", "write_code"))
    assert artifact["kind"] == "SourceCode"

    artifact["data"]["files"][0]["content"] = "print('other')\n"  # type: ignore[index]
    (tmp_path / "code.json").write_text(json.dumps(artifact), encoding="utf-8")
    forked = makery(
        "runs", "fork", ended, "--at", "write_code", "--edit", "code.json", "-o", "fork", "--json"
    )
    assert forked.exit_code == 0, forked.stderr
    assert (tmp_path / "fork" / "main.py").read_text(encoding="utf-8") == "print('other')\n"

    other = str(facts(forked)["run_id"])
    found = makery("runs", "diff", ended, other).stdout
    assert "+print('other')" in found and "different results" in found


def test_a_run_is_watched_to_its_end_and_exported(makery: Makery, ended: str, tmp_path: Path) -> None:
    lines = makery("runs", "watch", ended, "--json", "--after", "2").stdout.splitlines()
    assert json.loads(lines[0])["seq"] == 3
    exported = makery("runs", "export", ended).stdout.splitlines()
    assert exported[2:] == lines
    assert makery("runs", "export", ended, "-o", "ledger.jsonl", "--workspace", "copy").exit_code == 0
    assert (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines() == exported
    assert (tmp_path / "copy" / "main.py").is_file()


def test_runs_are_removed_after_a_question(makery: Makery, ended: str) -> None:
    assert makery("runs", "rm", ended, stdin="n\n").exit_code == 0
    assert ended in makery("runs", "list").stdout
    assert makery("runs", "rm", "--older-than", "1d", "--yes").exit_code == 0
    assert ended in makery("runs", "list").stdout
    assert makery("runs", "rm", ended, "--yes").stdout == "Removed: 1\n"
    assert ended not in makery("runs", "list").stdout


def test_runs_are_removed_by_age(makery: Makery, ended: str, tmp_path: Path) -> None:
    (database,) = tmp_path.rglob("makery.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE runs SET created = created - 172800, ended = ended - 172800")
    young = str(facts(makery(REQUIREMENT, "-o", "young", "--json"))["run_id"])
    assert makery("runs", "rm", "--older-than", "1d", "--yes").stdout == "Removed: 1\n"
    listed = makery("runs", "list").stdout
    assert young in listed and ended not in listed


def test_a_cancelled_run_is_listed_so_and_not_resumed(makery: Makery) -> None:
    run = str(facts(makery(REQUIREMENT, "-o", "out", "--max-tokens", "1", "--json"))["run_id"])
    assert facts(makery("runs", "cancel", run, "--json")) == {"run_id": run, "state": "cancelled"}
    resumed = makery("runs", "resume", run, "--max-tokens", "100000")
    assert resumed.exit_code == 2 and "was cancelled" in resumed.stderr


def test_a_question_that_nobody_answered_in_time_is_printed_and_its_answer_is_a_label(
    makery: Makery, tmp_path: Path
) -> None:
    words = (REQUIREMENT, "-o", "out", "--ask", "delivery", "--ask-minutes", "0.001", "--on-silence", "stop")
    stopped = makery(*words, "--json")
    assert stopped.exit_code == 4
    run = str(facts(stopped)["run_id"])
    (question,) = json.loads(makery("runs", "answer", run, "--json").stdout)
    assert question["gate"] == "delivery" and question["document"]["kind"] == "Delivery"
    assert "Nobody has decided" in makery("runs", "labels").stderr
    assert makery("runs", "answer", run, "--reject", "--note", "too plain").exit_code == 0
    listed = makery("runs", "labels").stdout.splitlines()[1].split("\t")
    assert (listed[0], *listed[2:5]) == (run, "delivery", "reject", "too plain")
    label = json.loads(makery("runs", "labels", run, "--json").stdout)
    assert (label["run"], label["decision"], label["before"]) == (run, "reject", question["document"])
    assert makery("runs", "labels", "-o", "labels.jsonl").exit_code == 0
    assert json.loads((tmp_path / "labels.jsonl").read_text(encoding="utf-8")) == label


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("build", REQUIREMENT, "--ask", "dinner"), "There are: prd, design, plan, delivery."),
        (("build", REQUIREMENT, "--ask", "prd", "--mode", "duo"), "no prd to ask about in mode 'duo'"),
        (("runs", "rm"), "Name runs, or say --older-than AGE."),
        (("runs", "rm", "--older-than", "soon"), "'soon' is no age"),
        (("runs", "watch", "nope"), "No run is called 'nope'"),
        (("runs", "answer", "nope", "--approve", "--reject"), "Only one of"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(makery: Makery, words: tuple[str, ...], message: str) -> None:
    result = makery(*words)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


@pytest.mark.sandboxed
def test_a_run_is_replayed_from_its_own_record_without_a_model(
    build: Callable[..., Result], tmp_path: Path
) -> None:
    with serving(lambda _: PROGRAM) as server:
        first = build(server.model, DOUBLE)
        run = str(facts(first)["run_id"])
        asked = len(server.prompts)
        again = build(server.model, DOUBLE, replaying=run)
        assert len(server.prompts) == asked
    assert again.exit_code == first.exit_code, again.stderr
    name = "double.py"
    assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
