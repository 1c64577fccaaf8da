"""A damaged SQLite file gives what was written, or an error that says so: never something else."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from makery.kernel.completion import Completion
from makery.kernel.errors import InputError, StorageFailure
from makery.kernel.events import Entry, StepAccepted
from makery.store.cache import SqlCompletionCache
from makery.store.database import Database
from makery.store.ledger import SqlLedger
from makery.store.runs import Runs

PAGE = 4096
ENTRIES = 40

Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with one run, whose last pages are the ledger's."""
    path = tmp_path_factory.mktemp("sound") / "makery.db"
    database = Database.open(f"sqlite:///{path}")
    Runs(database).create("Make it", mode="duo", model="m", out="o", id="run")
    ledger = SqlLedger(database, clock=lambda: 12.5)
    for number in range(ENTRIES):
        ledger.append("run", StepAccepted(commit=f"c{number}", summary=f"step {number} " * 30))
    database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def expected() -> list[Entry]:
    steps = [StepAccepted(commit=f"c{n}", summary=f"step {n} " * 30) for n in range(ENTRIES)]
    return [Entry(run="run", seq=n, at=12.5, event=step) for n, step in enumerate(steps, 1)]


def read(path: Path, data: bytes) -> list[Entry]:
    """The ledger as it is read from a file with these bytes."""
    for old in path.parent.iterdir():
        old.unlink()
    path.write_bytes(data)
    database = Database.open(f"sqlite:///{path}")
    try:
        return list(SqlLedger(database).entries("run"))
    finally:
        database.close()


DAMAGES: dict[str, Damage] = {
    "last page zeroed": lambda data: data[:-PAGE] + bytes(PAGE),
    "last page half written": lambda data: data[: -PAGE // 2] + bytes(PAGE // 2),
    "last page garbage": lambda data: data[:-PAGE] + bytes(range(256)) * (PAGE // 256),
    "last page gone": lambda data: data[:-PAGE],
    "last page cut": lambda data: data[: -PAGE // 3],
    "all but the first page gone": lambda data: data[:PAGE],
    "one letter of a recorded event": lambda data: data.replace(b"step 39 step 39", b"step 38 step 39", 1),
    "the header gone": lambda data: bytes(PAGE) + data[PAGE:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_told_with_what_to_do(sound: Path, tmp_path: Path, damage: Damage) -> None:
    assert read(tmp_path / "makery.db", sound.read_bytes()) == expected()
    with pytest.raises(StorageFailure) as caught:
        read(tmp_path / "makery.db", damage(sound.read_bytes()))
    assert "backup" in caught.value.remedy
    assert caught.value.exit_status == 2


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(1, 255)), min_size=1, max_size=8))
def test_flipped_bits_anywhere_never_give_another_ledger(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(sound.read_bytes())
    for place, bits in flips:
        data[place % len(data)] ^= bits
    try:
        found = read(tmp_path_factory.mktemp("flipped") / "makery.db", bytes(data))
    except StorageFailure:
        return
    # What is left of a ledger may end early, as one that was killed does; it never holds anything else.
    assert found == expected()[: len(found)]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_torn_write_ahead_log_is_the_ledger_as_it_was_before_the_tear(tmp_path: Path, kept: float) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/makery.db")
    ledger = SqlLedger(database, clock=lambda: 12.5)
    for entry in expected():
        ledger.append("run", entry.event)
    log = (tmp_path / "makery.db-wal").read_bytes()
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "makery.db").write_bytes((tmp_path / "makery.db").read_bytes())
    (torn / "makery.db-wal").write_bytes(log[: int(len(log) * kept)])
    database.close()
    again = Database.open(f"sqlite:///{torn}/makery.db")
    found = list(SqlLedger(again).entries("run"))
    assert found == expected()[: len(found)]
    following = SqlLedger(again).append("run", StepAccepted(commit="c", summary="goes on"))
    assert following.seq == len(found) + 1
    again.close()


def test_a_ledger_with_a_gap_is_refused_from_wherever_it_is_read(database: Database) -> None:
    with database.writing() as connection:
        for seq in (1, 3):
            event = StepAccepted(commit="c", summary=str(seq)).model_dump_json()
            connection.execute(
                text("INSERT INTO events VALUES ('run', :seq, 1, 'step_accepted', :event, NULL)"),
                {"seq": seq, "event": event},
            )
    ledger = SqlLedger(database)
    for after in (0, 1):
        with pytest.raises(StorageFailure, match=r"Entry 2 of run 'run' is missing.*backup"):
            list(ledger.entries("run", after=after))
    assert [entry.seq for entry in ledger.entries("run", after=2)] == [3]


@pytest.mark.parametrize(
    ("column", "value"), [("options", "{"), ("limits", '{"tokens": "x"}'), ("status", "?")]
)
def test_a_damaged_row_of_the_list_is_told(tmp_path: Path, column: str, value: str) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/makery.db")
    runs = Runs(database)
    runs.create("Make it", mode="duo", model="m", out="o", id="run")
    with database.writing() as connection:
        connection.execute(text(f"UPDATE runs SET {column} = :value"), {"value": value})
    for look in (lambda: runs.get("run"), runs.list):
        with pytest.raises(StorageFailure, match=r"cannot be read.*backup"):
            look()
    with pytest.raises(InputError):
        runs.get("another")
    database.close()


def test_a_kept_completion_that_changed_is_as_good_as_none(database: Database) -> None:
    cache = SqlCompletionCache(database)
    cache.put("d", Completion(text="right", finish="stop", model="m"))
    with database.writing() as connection:
        connection.execute(text("UPDATE completions SET completion = replace(completion, 'right', 'wrong')"))
    assert cache.get("d") is None


@settings(max_examples=15)
@given(st.integers(0, 12), st.lists(st.integers(0, 14), max_size=4))
def test_readers_that_resume_anywhere_see_exactly_the_rest(
    tmp_path_factory: pytest.TempPathFactory, length: int, offsets: list[int]
) -> None:
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('rest')}/makery.db")
    ledger = SqlLedger(database)
    whole = [ledger.append("run", StepAccepted(commit="c", summary=str(n))) for n in range(length)]
    for after in offsets:
        assert list(ledger.entries("run", after=after)) == whole[after:]
        assert "".join(ledger.lines("run", after=after)) == "".join(
            f"{entry.model_dump_json()}\n" for entry in whole[after:]
        )
    database.close()
