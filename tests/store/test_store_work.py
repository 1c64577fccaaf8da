"""What workers share in the database: who lives, what calls may cost, files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from makery.kernel.budget import Reservation
from makery.kernel.errors import LimitReached, StorageFailure
from makery.store.blobs import Blobs, DatabaseBlobs, FolderBlobs
from makery.store.database import Database
from makery.store.reservations import Reservations
from makery.store.run_files import RunFiles
from makery.store.runs import Runs
from makery.store.workers import Workers
from standin_postgresql import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/makery.db"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql_server"))
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture(params=["database", "folder"])
def blobs(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Blobs:
    return DatabaseBlobs(database) if request.param == "database" else FolderBlobs(tmp_path / "blobs")


def test_a_content_comes_back_and_is_kept_once(blobs: Blobs) -> None:
    digest = blobs.put(b"\0\xff" * 1000)
    assert blobs.put(b"\0\xff" * 1000) == digest
    assert blobs.get(digest) == b"\0\xff" * 1000
    blobs.drop(digest)
    with pytest.raises(StorageFailure, match="not in the file store"):
        blobs.get(digest)


def test_a_damaged_content_is_an_error_and_never_a_wrong_file(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    digest = blobs.put(b"right")
    (tmp_path / digest[:2] / digest).write_bytes(b"wrong")
    with pytest.raises(StorageFailure, match="damaged"):
        blobs.get(digest)


def test_files_have_their_last_content_and_a_removed_one_is_known_as_such(
    database: Database, blobs: Blobs
) -> None:
    files = RunFiles(database, blobs, "run1")
    files.put("file", "a.txt", b"1")
    files.put("file", "b.txt", b"1")
    seen = files.since(0)[-1].seq
    files.put("file", "a.txt", b"2")
    files.remove("b.txt")
    changed = files.since(seen)
    assert [(item.name, item.digest and files.read(item.digest)) for item in changed] == [
        ("a.txt", b"2"),
        ("b.txt", ""),
    ]


def test_removing_a_run_s_files_leaves_what_another_run_has_too(database: Database, blobs: Blobs) -> None:
    mine, theirs = RunFiles(database, blobs, "run1"), RunFiles(database, blobs, "run2")
    mine.put("file", "a.txt", b"both")
    mine.put("file", "b.txt", b"mine")
    theirs.put("file", "a.txt", b"both")
    own = {item.name: item.digest for item in mine.since(0)}
    mine.clear()
    assert mine.since(0) == ()
    assert theirs.read(theirs.since(0)[0].digest) == b"both"
    with pytest.raises(StorageFailure):
        blobs.get(own["b.txt"])


def test_a_reservation_is_refused_when_another_process_holds_the_rest(database: Database) -> None:
    run = Runs(database).create("x", mode="duo", model="m", out="o").id
    here, there = Reservations(database, run), Reservations(database, run)

    def no_more_than_100(held: object) -> None:
        if sum(one.tokens for one in held) + 60 > 100:  # type: ignore[attr-defined]
            raise LimitReached("enough")

    here.add("call 1", 1, Reservation(tokens=60, usd=0), no_more_than_100)
    with pytest.raises(LimitReached):
        there.add("call 2", 1, Reservation(tokens=60, usd=0), no_more_than_100)
    here.change("call 1", 1, Reservation(tokens=10, usd=0))
    there.add("call 2", 1, Reservation(tokens=60, usd=0), no_more_than_100)
    there.drop("call 2")
    there.add("call 2", 1, Reservation(tokens=60, usd=0), no_more_than_100)


def test_only_one_worker_takes_it_on_itself_to_hand_on_a_dead_one_s_work(database: Database) -> None:
    workers = Workers(database)
    for name in ("first", "second", "dead"):
        workers.join(name, "1", "here")
    assert workers.beat("first")
    assert workers.others("first") == {"second": 0, "dead": 0}
    assert workers.claim("dead", 0)
    assert not workers.claim("dead", 0)
    workers.leave("dead")
    assert not workers.beat("dead")
    assert [row.executor for row in workers.list()] == ["first", "second"]
