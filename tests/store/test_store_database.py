"""A database that cannot be used says why and what to do; the lists in it behave."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from makery.kernel.budget import Limits
from makery.kernel.completion import Completion, Usage
from makery.kernel.errors import InputError, SettingsError, StorageFailure
from makery.store.cache import SqlCompletionCache
from makery.store.database import Database
from makery.store.runs import RunRecord, Runs, new_id, status_of


@pytest.mark.parametrize("url", ["", "makery.db", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "::"])
def test_a_url_that_names_no_usable_database_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match=r"Examples: sqlite:////"):
        Database.open(url)


def test_a_file_that_is_no_database_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "makery.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageFailure, match=r"makery\.db.*not a database.*backup"):
        Database.open(f"sqlite:///{tmp_path}/makery.db")


def test_a_folder_that_cannot_be_made_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailure, match="folder of the database"):
        Database.open(f"sqlite:///{tmp_path}/file/makery.db")


def test_a_server_that_is_not_there_is_a_storage_failure_without_the_password() -> None:
    with pytest.raises(StorageFailure) as caught:
        Database.open("postgresql://me:secret@127.0.0.1:9/makery")
    assert "secret" not in str(caught.value)
    assert caught.value.remedy


def test_a_missing_folder_is_made_and_opening_twice_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/down/makery.db"
    completion = Completion(text="x", finish="stop", model="m")
    for _ in range(2):
        database = Database.open(url)
        cache = SqlCompletionCache(database)
        cache.put("d", completion)
        assert cache.get("d") == completion
        database.close()


@pytest.mark.parametrize(
    ("version", "told"),
    [(99, r"newer Makery \(schema 99.*Upgrade"), (0, r"schema is 0, which never was.*backup")],
)
def test_a_database_of_another_version_is_refused_and_left_alone(url: str, version: int, told: str) -> None:
    database = Database.open(url)
    with database.writing() as connection:
        connection.execute(text(f"UPDATE makery_schema SET version = {version}"))
    database.close()
    with pytest.raises(StorageFailure, match=told):
        Database.open(url)


# ------------------------------------------------------------------------- runs


def created(runs: Runs, requirement: str = "Make a snake game") -> RunRecord:
    return runs.create(requirement, mode="duo", model="qwen", out="out")


def test_a_run_is_kept_with_all_it_was_started_with(database: Database) -> None:
    runs = Runs(database, clock=lambda: 1000.5)
    record = runs.create(
        "Make\n a   snake " + "x" * 1000,
        mode="company",
        model="qwen",
        out="dir",
        limits=Limits(tokens=5, usd=0.5),
        options={"seed": 3, "replay": None},
    )
    assert runs.get(record.id) == record
    assert record.status == "running"
    assert record.requirement.startswith("Make a snake xxx")
    assert len(record.requirement) <= 200


def test_runs_are_listed_newest_first(database: Database) -> None:
    times = iter([1000.0, 2000.0, 3000.0])
    runs = Runs(database, clock=lambda: next(times))
    ids = [created(runs).id for _ in range(3)]
    assert ids == sorted(ids)
    assert [record.id for record in runs.list(most=2)] == [ids[2], ids[1]]


@pytest.mark.parametrize(
    ("exit_status", "status"),
    [(0, "ended"), (3, "ended"), (4, "paused"), (130, "paused"), (1, "failed"), (2, "failed"), (5, "failed")],
)
def test_the_status_follows_from_the_exit_status(database: Database, exit_status: int, status: str) -> None:
    runs = Runs(database, clock=lambda: 7.0)
    record = created(runs)
    ended = runs.finish(record.id, exit_status=exit_status, verdict="verified: 1 of 1")
    assert (ended.status, ended.exit_status, ended.verdict, ended.ended) == (
        status,
        exit_status,
        "verified: 1 of 1",
        7.0,
    )
    assert status_of(exit_status) == status


def test_a_paused_run_can_go_on_within_other_limits(database: Database) -> None:
    runs = Runs(database)
    record = created(runs)
    runs.finish(record.id, exit_status=4)
    again = runs.reopen(record.id, limits=Limits(tokens=9))
    assert (again.status, again.exit_status, again.ended) == ("running", None, None)
    assert again.limits == Limits(tokens=9)
    assert runs.reopen(record.id).limits == Limits(tokens=9)


def test_a_run_is_found_by_a_part_of_its_id_if_that_is_unique(database: Database) -> None:
    times = iter([1.0, 1e9])
    runs = Runs(database, clock=lambda: next(times))
    first, second = created(runs), created(runs)
    assert runs.get(second.id[-5:]) == second
    assert runs.get(first.id[:8]) == first
    for name, message in (("0", "More than one"), ("%", "No run"), ("", "called ''"), ("nope", "No run")):
        with pytest.raises(InputError, match=message):
            runs.get(name)


def test_a_run_that_is_not_there_cannot_be_finished(database: Database) -> None:
    with pytest.raises(InputError, match="runs list"):
        Runs(database).finish("nope", exit_status=0)


@given(st.floats(0, 3e10), st.floats(0, 3e10))
def test_ids_are_short_and_sort_by_time(one: float, other: float) -> None:
    first, second = new_id(one), new_id(other)
    assert len(first) == 13
    if int(one * 1000) < int(other * 1000):
        assert first < second


# ------------------------------------------------------------------------ cache


def completion(text: str) -> Completion:
    return Completion(text=text, finish="length", model="m", usage=Usage(prompt_tokens=3), seconds=1.5)


def test_completions_come_back_as_they_were_and_the_newest_counts(database: Database) -> None:
    cache = SqlCompletionCache(database)
    assert cache.get("d") is None
    cache.put("d", completion("one"))
    cache.put("d", completion("two\0"))
    assert cache.get("d") == completion("two\0")


def test_an_organisation_finds_only_its_own_completions_and_the_operator_s_key_is_the_bare_digest(
    database: Database,
) -> None:
    digest = "d" * 64
    caches = [SqlCompletionCache(database, organisation=name) for name in ("local", "o" * 40, "p" * 40)]
    for number, cache in enumerate(caches):
        assert cache.get(digest) is None
        cache.put(digest, completion(str(number)))
    assert [cache.get(digest) for cache in caches] == [completion(said) for said in "012"]
    with database.reading() as connection:
        kept = set(connection.execute(text("SELECT digest FROM completions")).scalars())
    assert kept == {digest, f"{'o' * 40}:{digest}", f"{'p' * 40}:{digest}"}


@pytest.mark.parametrize("damaged", ["", "{", '{"text": 1}', '{"text": "x", "of": "the future"}'])
def test_a_damaged_row_is_as_good_as_none_and_can_be_replaced(database: Database, damaged: str) -> None:
    cache = SqlCompletionCache(database)
    cache.put("d", completion("one"))
    with database.writing() as connection:
        connection.execute(text("UPDATE completions SET completion = :text"), {"text": damaged})
    assert cache.get("d") is None
    cache.put("d", completion("two"))
    assert cache.get("d") == completion("two")
