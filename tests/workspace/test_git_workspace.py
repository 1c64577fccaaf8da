"""The workspace on disk: nothing foreign is overwritten, nothing of the user's git takes part."""

import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from makery.kernel.errors import EnvironmentFailure, InputError, StorageFailure
from makery.kernel.ports import Workspace
from makery.workspace.diff import unified_diff
from makery.workspace.repository import GitWorkspace


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=U", "-c", "user.email=u@example.org")
    return subprocess.run(
        ["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace.create(tmp_path / "out")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    (folder / "app.py").write_text("x = 1\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Theirs")
    return folder


def test_each_accepted_step_is_one_commit_by_makery(workspace: GitWorkspace) -> None:
    port: Workspace = workspace
    port.put({"main.py": "print(1)\n"})
    first = port.commit("Write main.py")
    port.put({"main.py": "print(2)\n"})
    second = port.commit("Repair main.py")
    assert [tuple(commit) for commit in workspace.history()] == [
        (first, "Write main.py"),
        (second, "Repair main.py"),
    ]
    assert git(workspace.root, "log", "-1", "--format=%an <%ae>").strip() == "Makery <makery@localhost>"
    assert git(workspace.root, "status", "--porcelain") == ""


def test_committing_without_a_change_makes_no_commit(workspace: GitWorkspace) -> None:
    assert workspace.commit("nothing yet") == ""
    workspace.put({"a.py": "1"})
    assert workspace.commit("one")
    assert workspace.commit("again") == ""


def test_removed_files_and_their_empty_folders_are_gone(workspace: GitWorkspace) -> None:
    workspace.put({"pkg/deep/a.py": "1", "b.py": "2"})
    workspace.put({}, remove=["pkg/deep/a.py", "never/was.py"])
    assert workspace.files() == {"b.py": "2"}
    assert not (workspace.root / "pkg").exists()


def test_a_file_may_be_replaced_by_a_folder_in_one_step(workspace: GitWorkspace) -> None:
    workspace.put({"a": "1"})
    workspace.put({"a/b.py": "2"}, remove=["a"])
    assert workspace.files() == {"a/b.py": "2"}


def test_if_one_name_is_bad_nothing_is_written(workspace: GitWorkspace) -> None:
    workspace.put({"ok.py": "old"})
    for bad in ("../x", ".git/hooks/post-commit", "ok.py/x"):
        with pytest.raises(InputError):
            workspace.put({"ok.py": "new", bad: "x"}, remove=["ok.py"] if bad != "ok.py/x" else [])
    assert workspace.files() == {"ok.py": "old"}


def test_two_files_that_need_the_same_place_are_refused(workspace: GitWorkspace) -> None:
    with pytest.raises(InputError, match="is a file"):
        workspace.put({"a": "1", "a/b": "2"})
    workspace.put({"d/x": "1"})
    with pytest.raises(InputError, match="is a folder"):
        workspace.put({"d": "1"})


def test_text_that_is_not_unicode_is_refused(workspace: GitWorkspace) -> None:
    with pytest.raises(InputError, match="Unicode"):
        workspace.put({"a.py": "\ud800"})


def test_what_a_killed_write_leaves_is_never_committed(workspace: GitWorkspace) -> None:
    workspace.put({"a.py": "1"})
    assert list((workspace.root / ".makery" / "drafts").iterdir()) == []
    (workspace.root / ".makery" / "drafts" / "tmpabc").write_text("half")
    workspace.commit("one")
    assert git(workspace.root, "ls-files").split() == ["a.py"]


def test_an_executable_file_stays_executable(workspace: GitWorkspace) -> None:
    workspace.put({"run.sh": "1"})
    (workspace.root / "run.sh").chmod(0o755)
    workspace.put({"run.sh": "2"})
    assert (workspace.root / "run.sh").stat().st_mode & 0o777 == 0o755


def test_a_link_is_replaced_not_followed(workspace: GitWorkspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("keep")
    (workspace.root / "link").symlink_to(secret)
    assert "link" not in workspace.files()
    workspace.put({"link": "mine"})
    assert secret.read_text() == "keep"
    assert workspace.files()["link"] == "mine"


def test_only_source_text_is_read_and_the_rest_is_accounted_for(workspace: GitWorkspace) -> None:
    workspace.put(
        {
            "src/a.py": "# 你好\r\n",
            "logo.png": b"\x89PNG\0",
            "latin.txt": b"caf\xe9",
            "big.txt": "x" * (256 * 1024 + 1),
            ".makery/report.md": "report",
            "__pycache__/a.pyc": b"\0",
            "node_modules/m/index.js": "1",
        }
    )
    assert workspace.files() == {"src/a.py": "# 你好\r\n"}
    assert workspace.skipped() == {
        "logo.png": "is binary",
        "latin.txt": "is not UTF-8 text",
        "big.txt": "is larger than 256 KiB",
    }


def test_a_folder_with_somebody_s_files_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("precious")
    with pytest.raises(InputError, match=r"not empty.*Choose another one.*makery change --repo"):
        GitWorkspace.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        GitWorkspace.create(tmp_path / "out")


def test_a_freshly_initialised_repository_counts_as_empty(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert GitWorkspace.create(tmp_path).files() == {}


@pytest.mark.parametrize("left", [".git/refs", ".makery"])
def test_a_folder_whose_run_was_killed_before_it_was_recorded_counts_as_empty(
    tmp_path: Path, left: str
) -> None:
    (tmp_path / left).mkdir(parents=True)
    assert GitWorkspace.create(tmp_path).files() == {}


def test_the_folder_of_an_earlier_run_is_refused_by_name(tmp_path: Path) -> None:
    earlier = GitWorkspace.create(tmp_path)
    earlier.put({"old.py": "1", ".makery/run.json": '{"run_id": "r7", "requirement": "Print\\n1"}'})
    with pytest.raises(InputError, match="run r7 made: Print 1") as caught:
        GitWorkspace.create(tmp_path)
    assert "makery runs resume r7" in caught.value.remedy and "--yes" in caught.value.remedy
    assert earlier.files() == {"old.py": "1"}


def test_a_folder_whose_run_file_cannot_be_read_is_refused_all_the_same(tmp_path: Path) -> None:
    GitWorkspace.create(tmp_path).put({".makery/run.json": "{"})
    with pytest.raises(InputError, match="an earlier run made"):
        GitWorkspace.create(tmp_path)


def test_building_over_an_earlier_run_clears_its_folder_and_its_history_keeps_everything(
    tmp_path: Path,
) -> None:
    earlier = GitWorkspace.create(tmp_path)
    earlier.put({"old.py": "1", ".makery/run.json": "{}"})
    kept = earlier.commit("Old program")
    earlier.put({"edited_by_user.py": "2"})
    again = GitWorkspace.create(tmp_path, build_over=True)
    assert again.files() == {}
    again.put({"new.py": "3"})
    again.commit("New program")
    assert [c.summary for c in again.history()] == ["Old program", "As found", "New program"]
    assert git(tmp_path, "show", f"{kept}:old.py") == "1"
    assert git(tmp_path, "show", "HEAD~1:edited_by_user.py") == "2"


def test_with_overwrite_ok_what_was_there_is_committed_first_and_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    workspace = GitWorkspace.create(tmp_path, overwrite_ok=True)
    assert workspace.files() == {"notes.txt": "mine"}
    assert [c.summary for c in workspace.history()] == ["As found"]


def test_the_constructor_goes_on_where_a_run_stopped(workspace: GitWorkspace) -> None:
    workspace.put({"half.py": "1"})
    assert GitWorkspace(workspace.root).files() == {"half.py": "1"}


def test_hooks_configuration_and_signing_of_the_user_take_no_part(
    tmp_path: Path, temporary_home: Path
) -> None:
    hooks = temporary_home / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (temporary_home / ".gitconfig").write_text(
        f"[core]\nhooksPath = {hooks}\n[commit]\ngpgSign = true\n[user]\nname = Someone\n"
        f"[init]\ntemplateDir = {temporary_home}\n"
    )
    workspace = GitWorkspace.create(tmp_path / "out")
    local = workspace.root / ".git" / "hooks"
    local.mkdir(exist_ok=True)
    (local / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (local / "pre-commit").chmod(0o755)
    git(workspace.root, "config", "core.fsmonitor", "touch fsmonitor-ran; false")
    workspace.put({"a.py": "1"})
    assert workspace.commit("one")
    assert not (workspace.root / "fsmonitor-ran").exists()
    assert "Makery" in git(workspace.root, "log", "-1", "--format=%an %cn")


def test_with_a_fixed_date_the_same_steps_make_the_same_commit_ids(tmp_path: Path) -> None:
    ids: set[str] = set()
    for name in ("one", "two"):
        workspace = GitWorkspace.create(tmp_path / name, date="2026-01-31T12:00:00Z")
        workspace.put({"a.py": "1"})
        ids.add(workspace.commit("one"))
    assert len(ids) == 1


def test_without_git_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match=r"git is not installed.*apt-get"):
        GitWorkspace.create(tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_a_storage_failure_with_path_and_remedy() -> None:
    with pytest.raises(StorageFailure, match=r"/proc/makery-out.*-o"):
        GitWorkspace.create(Path("/proc/makery-out"))


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A limit on file size answers like a full disk: the write fails half way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_on_a_full_disk_the_old_file_stays_whole(workspace: GitWorkspace, small_disk: None) -> None:
    workspace.put({"a.py": "old"})
    with pytest.raises(StorageFailure, match=r"a\.py.*full.*Free some space"):
        workspace.put({"a.py": "x" * 200_000})
    assert workspace.files() == {"a.py": "old"}
    assert list((workspace.root / ".makery" / "drafts").iterdir()) == []


# ----------------------------------------------------------------------- change


def test_a_change_is_made_on_a_branch_and_shown_as_a_diff(repo: Path) -> None:
    workspace = GitWorkspace.open(repo)
    base = workspace.head()
    workspace.branch("makery/add-y")
    workspace.put({"app.py": "x = 2\n", "new.py": "y = 1\n"})
    difference = workspace.diff(base)
    assert "-x = 1\n+x = 2" in difference
    assert "+++ b/new.py" in difference
    workspace.commit("Change")
    assert workspace.diff(base) == difference
    assert workspace.current_branch() == "makery/add-y"
    git(repo, "checkout", "-q", "trunk")
    assert GitWorkspace.open(repo).files() == {"app.py": "x = 1\n"}
    workspace.branch("makery/add-y")
    assert "new.py" in workspace.files()


def test_a_repository_with_uncommitted_changes_is_refused(repo: Path) -> None:
    (repo / "app.py").write_text("x = 3\n")
    (repo / "untracked.py").write_text("")
    with pytest.raises(InputError, match=r"not committed: app\.py, untracked\.py.*stash"):
        GitWorkspace.open(repo)


def test_makery_s_own_folder_does_not_make_a_repository_dirty(repo: Path) -> None:
    GitWorkspace.open(repo).put({".makery/run.json": "{}"})
    assert GitWorkspace.open(repo).files() == {"app.py": "x = 1\n"}
    assert git(repo, "status", "--porcelain") == ""


def test_files_that_the_repository_ignores_are_not_read(repo: Path) -> None:
    workspace = GitWorkspace.open(repo)
    workspace.put({".gitignore": "data.json\n", "data.json": "{}"})
    assert set(workspace.files()) == {".gitignore", "app.py"}


def test_a_folder_without_git_becomes_a_repository_as_found(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    workspace = GitWorkspace.open(tmp_path)
    assert [c.summary for c in workspace.history()] == ["As found"]
    assert workspace.files() == {"app.py": "x = 1\n"}


def test_an_empty_or_missing_folder_has_nothing_to_change(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="makery build"):
        GitWorkspace.open(tmp_path)
    with pytest.raises(InputError, match="no folder"):
        GitWorkspace.open(tmp_path / "missing")


def test_a_part_of_a_repository_is_refused_naming_the_whole(repo: Path) -> None:
    (repo / "pkg").mkdir()
    (repo / "pkg" / "a.py").write_text("")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "pkg")
    with pytest.raises(InputError, match=f"--repo {repo}"):
        GitWorkspace.open(repo / "pkg")


@pytest.mark.parametrize("name", ["-d", "a..b", "", "a b", "x.lock"])
def test_a_branch_name_that_git_refuses_is_an_input_error(repo: Path, name: str) -> None:
    with pytest.raises(InputError, match="branch"):
        GitWorkspace.open(repo).branch(name)


def test_a_diff_from_nowhere_is_an_input_error(repo: Path) -> None:
    with pytest.raises(InputError, match="no commit or branch"):
        GitWorkspace.open(repo).diff("--output=/tmp/x")


def test_our_unified_diff_is_read_by_git(repo: Path) -> None:
    before = GitWorkspace.open(repo).files()
    after = {"new/文.txt": "no end", "app.py": "x = 1\nz = 2\x0c\n"}
    (repo / "p.diff").write_text(unified_diff(before, after), encoding="utf-8", newline="")
    git(repo, "apply", "p.diff")
    (repo / "p.diff").unlink()
    assert GitWorkspace(repo).files() == after
