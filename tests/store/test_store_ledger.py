"""The ledger keeps every event, in order, for good, on each database alike."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from makery.kernel.completion import Purpose, Usage
from makery.kernel.errors import ContractViolation, StorageFailure
from makery.kernel.events import CommandRun, Entry, ModelCalled, StepAccepted, TextStreamed
from makery.kernel.ports import Ledger
from makery.store.database import Database
from makery.store.ledger import SqlLedger


def step(summary: str) -> StepAccepted:
    return StepAccepted(commit="c", summary=summary)


def called(tokens: int = 1) -> ModelCalled:
    return ModelCalled(
        purpose=Purpose(run="r", role="engineer", skill="write_code"), model="m", template="t", version="v",
        usage=Usage(prompt_tokens=tokens), usd=0.25, seconds=1.5, finish="stop", attempts=1, source="model",
        digest="d",
    )  # fmt: skip


def test_events_come_back_as_they_were_numbered_from_one_in_each_run(database: Database) -> None:
    ledger: Ledger = SqlLedger(database, clock=lambda: 12.5)
    written = [ledger.append("a", step("1")), ledger.append("b", step("2")), ledger.append("a", called())]
    assert [(e.run, e.seq, e.at) for e in written] == [("a", 1, 12.5), ("b", 1, 12.5), ("a", 2, 12.5)]
    assert list(ledger.entries("a")) == [written[0], written[2]]
    assert list(ledger.entries("a", after=1)) == [written[2]]
    assert list(ledger.entries("unknown")) == []


def test_text_of_programs_with_any_character_is_kept(database: Database) -> None:
    ledger = SqlLedger(database)
    ledger.append("a", step("NUL \0, 你好, 🐍, \u2028, \x1b[0m"))
    assert [e.event for e in ledger.entries("a")] == [step("NUL \0, 你好, 🐍, \u2028, \x1b[0m")]


def test_an_event_that_follows_from_what_was_read_is_not_stored_after_another_came(
    database: Database,
) -> None:
    ledger = SqlLedger(database)
    assert ledger.append_after("a", step("first"), last=0) is not None
    last = ledger.append("a", step("read")).seq
    taken = [ledger.append_after("a", step(by), last=last) for by in ("one", "other")]
    assert [entry and entry.seq for entry in taken] == [3, None]
    assert [entry.event for entry in ledger.entries("a")] == [step("first"), step("read"), step("one")]


def test_streamed_text_is_refused(database: Database) -> None:
    ledger = SqlLedger(database)
    with pytest.raises(ContractViolation, match="live views"):
        ledger.append("a", TextStreamed(purpose=Purpose(), text="x"))
    assert list(ledger.entries("a")) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET at = 0",
        "DELETE FROM events",
        "DELETE FROM events WHERE seq = 1",
        "INSERT OR REPLACE INTO events SELECT run, seq, 0, type, event, digest FROM events",
        "TRUNCATE events",
    ],
)
def test_what_is_written_cannot_be_changed(database: Database, statement: str) -> None:
    ledger = SqlLedger(database)
    entry = ledger.append("a", step("1"))
    with pytest.raises(StorageFailure), database.writing() as connection:
        connection.execute(text(statement))
    assert list(ledger.entries("a")) == [entry]


def test_the_refusal_says_that_the_ledger_is_append_only(database: Database) -> None:
    SqlLedger(database).append("a", step("1"))
    with pytest.raises(StorageFailure, match="append-only"), database.writing() as connection:
        connection.execute(text("DELETE FROM events"))


def test_many_writers_leave_no_gap_and_lose_nothing(database: Database) -> None:
    ledger = SqlLedger(database)
    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(lambda n: ledger.append("a", step(str(n))), range(40)))
    entries = list(ledger.entries("a"))
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert sorted(entries, key=lambda e: e.seq) == sorted(written, key=lambda e: e.seq)


def test_several_processes_can_open_and_write_at_once(url: str) -> None:
    program = (
        "import sys\n"
        "from makery.kernel.events import StepAccepted\n"
        "from makery.store.database import Database\n"
        "from makery.store.ledger import SqlLedger\n"
        "ledger = SqlLedger(Database.open(sys.argv[1]))\n"
        "for n in range(5): ledger.append('a', StepAccepted(commit=sys.argv[2], summary=str(n)))\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, url, str(n)], stderr=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    assert [writer.communicate()[1] for writer in writers] == ["", "", "", ""]
    database = Database.open(url)
    entries = list(SqlLedger(database).entries("a"))
    database.close()
    assert [entry.seq for entry in entries] == list(range(1, 21))


def test_the_export_is_json_lines_that_read_back(database: Database) -> None:
    ledger = SqlLedger(database)
    written = [ledger.append("a", step("one\ntwo")), ledger.append("a", called())]
    lines = list(ledger.lines("a"))
    assert [Entry.model_validate_json(line) for line in lines] == written
    assert all(line.count("\n") == 1 and json.loads(line)["run"] == "a" for line in lines)


def test_an_event_of_a_newer_version_is_a_storage_failure_that_says_so(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("INSERT INTO events VALUES ('a', 1, 0, 'new', '{\"type\": \"new\"}', NULL)"))
    with pytest.raises(StorageFailure, match=r"Entry 1 of run 'a'.*upgrade"):
        list(SqlLedger(database).entries("a"))


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    ledger = SqlLedger(database)
    entry = ledger.append("a", step("1"))
    with database.writing() as connection:
        connection.execute(text("INSERT INTO events SELECT run, 2, at, type, event, digest FROM events"))
        assert list(ledger.entries("a")) == [entry]
    assert len(list(ledger.entries("a"))) == 2


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(text("INSERT INTO completions VALUES ('d', 0, 'x')"))
        raise ZeroDivisionError
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM completions")).scalar() == 0


EVENTS = st.one_of(
    st.builds(StepAccepted, commit=st.text(), summary=st.text()),
    st.builds(
        CommandRun,
        purpose=st.text(),
        argv=st.lists(st.text()).map(tuple),
        exit_status=st.integers(-64, 255),
        seconds=st.floats(0, 1e6),
    ),
    st.builds(called, st.integers(0, 10**12)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.tuples(st.sampled_from("ab"), EVENTS), max_size=8))
def test_any_interleaving_of_runs_keeps_each_run_s_events_in_order(
    events: list[tuple[str, StepAccepted]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('l')}/makery.db")
    ledger = SqlLedger(database)
    for run, event in events:
        ledger.append(run, event)
    for run in "ab":
        kept = list(ledger.entries(run))
        assert [entry.event for entry in kept] == [event for name, event in events if name == run]
        assert [entry.seq for entry in kept] == list(range(1, len(kept) + 1))
    database.close()


def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/makery.db"
    program = (
        "import os, signal, sys\n"
        "from makery.kernel.events import StepAccepted\n"
        "from makery.store.database import Database\n"
        "from makery.store.ledger import SqlLedger\n"
        "ledger = SqlLedger(Database.open(sys.argv[1]))\n"
        "ledger.append('a', StepAccepted(commit='c', summary='kept'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, url]).returncode == -9
    database = Database.open(url)
    assert [entry.event for entry in SqlLedger(database).entries("a")] == [step("kept")]
    database.close()
