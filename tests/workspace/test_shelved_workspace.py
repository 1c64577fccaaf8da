"""A workspace whose files every worker reaches: kept whole, restored anywhere, written to from elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from makery.kernel.ports import Workspace
from makery.store.blobs import DatabaseBlobs
from makery.store.database import Database
from makery.store.run_files import RunFiles
from makery.testing.workspace_suite import WorkspaceSuite
from makery.workspace.repository import GitWorkspace
from makery.workspace.shelved import DistantWorkspace, ShelvedWorkspace, shelve


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[RunFiles]:
    database = Database.open(f"sqlite:///{tmp_path}/shelf.db")
    yield RunFiles(database, DatabaseBlobs(database), "run1")
    database.close()


class TestShelvedWorkspace(WorkspaceSuite):
    @pytest.fixture
    def workspace(self, tmp_path: Path, shelf: RunFiles) -> Workspace:
        return ShelvedWorkspace.restored(tmp_path / "here", shelf)


def test_another_machine_has_the_same_files_and_the_same_history(tmp_path: Path, shelf: RunFiles) -> None:
    here = ShelvedWorkspace.restored(tmp_path / "here", shelf)
    here.put({"a.txt": "1", "b.txt": "1"})
    here.commit("one")
    here.put({"a.txt": "2", ".makery/report.md": "你好", "shot.png": b"\x89\0"}, remove=["b.txt"])
    here.commit("two")
    here.put({"draft.txt": "not committed yet"})

    there = ShelvedWorkspace.restored(tmp_path / "there", shelf)

    assert there.history() == here.history()
    assert there.files() == here.files() == {"a.txt": "2", "draft.txt": "not committed yet"}
    assert (there.root / ".makery" / "report.md").read_text(encoding="utf-8") == "你好"
    assert (there.root / "shot.png").read_bytes() == b"\x89\0"


def test_a_folder_that_was_left_behind_catches_up(tmp_path: Path, shelf: RunFiles) -> None:
    here = ShelvedWorkspace.restored(tmp_path / "here", shelf)
    here.put({"a.txt": "1"})
    here.commit("one")
    there = ShelvedWorkspace.restored(tmp_path / "there", shelf)
    there.put({"a.txt": "2"})
    there.commit("two")

    back = ShelvedWorkspace.restored(tmp_path / "here", shelf)

    assert back.history() == there.history()
    assert back.files() == {"a.txt": "2"}


def test_a_commit_that_was_made_but_not_kept_when_the_process_died_is_kept_now(
    tmp_path: Path, shelf: RunFiles
) -> None:
    here = ShelvedWorkspace.restored(tmp_path / "here", shelf)
    here.put({"a.txt": "1"})
    here.commit("one")
    GitWorkspace(here.root).put({"a.txt": "2"})
    GitWorkspace(here.root).commit("two")

    ShelvedWorkspace.restored(tmp_path / "here", shelf)

    there = ShelvedWorkspace.restored(tmp_path / "there", shelf)
    assert [commit.summary for commit in there.history()] == ["one", "two"]


def test_what_an_act_elsewhere_writes_is_in_the_next_commit(tmp_path: Path, shelf: RunFiles) -> None:
    here = ShelvedWorkspace.restored(tmp_path / "here", shelf)
    here.put({"a.txt": "1", "gone.txt": "1"})
    here.commit("one")
    distant = DistantWorkspace(shelf, here.root)
    assert distant.files() == {"a.txt": "1", "gone.txt": "1"}
    distant.put({"b.txt": "2", ".makery/shot.png": b"\x89\0"}, remove=["gone.txt"])

    assert here.commit("what the act wrote")
    assert here.files() == distant.files() == {"a.txt": "1", "b.txt": "2"}


def test_a_repository_to_be_changed_reaches_a_worker_that_never_saw_it(
    tmp_path: Path, shelf: RunFiles
) -> None:
    own = GitWorkspace.create(tmp_path / "own")
    own.put({"shop.py": "price = 1\n"})
    own.commit("mine")
    shelve(own.root, shelf)

    there = ShelvedWorkspace.restored(tmp_path / "there", shelf)
    there.branch("makery/run1")
    there.put({"shop.py": "price = 2\n"})
    there.commit("changed")

    back = ShelvedWorkspace.restored(tmp_path / "back", shelf)
    assert [commit.summary for commit in back.history()] == ["mine", "changed"]
    assert own.files() == {"shop.py": "price = 1\n"}
