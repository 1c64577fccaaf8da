"""What every `Workspace` must do: inherit the suite in a test class that has a `workspace` fixture.

class TestMyWorkspace(WorkspaceSuite):
    @pytest.fixture
    def workspace(self) -> Workspace:
        return MyWorkspace()  # empty
"""
# Tests.
# ruff: noqa: S101

from makery.kernel.errors import InputError
from makery.kernel.ports import Workspace

ESCAPING = ("/etc/passwd", "../x", "a/../../x", "", "a/..")


class WorkspaceSuite:
    """Files in and out, all or nothing, one commit for each change."""

    def test_files_come_back_as_they_were_put(self, workspace: Workspace) -> None:
        files = {"main.py": "print('你好')\r\n", "pkg/deep/a.txt": "", "b.txt": "no end"}
        workspace.put(files)
        assert workspace.files() == files

    def test_a_file_is_replaced_and_removed(self, workspace: Workspace) -> None:
        workspace.put({"a.txt": "1", "b.txt": "1"})
        workspace.put({"a.txt": "2"}, remove=["b.txt"])
        assert workspace.files() == {"a.txt": "2"}

    def test_removing_what_is_not_there_is_harmless(self, workspace: Workspace) -> None:
        workspace.put({}, remove=["never.txt"])
        assert workspace.files() == {}

    def test_a_path_that_leaves_the_root_is_refused_and_nothing_is_written(
        self, workspace: Workspace
    ) -> None:
        for path in ESCAPING:
            try:
                workspace.put({"good.txt": "x", path: "x"})
            except InputError:
                continue
            raise AssertionError(f"{path!r} was not refused")
        assert workspace.files() == {}

    def test_makery_s_own_folder_and_bytes_that_are_no_text_are_not_among_the_files(
        self, workspace: Workspace
    ) -> None:
        workspace.put({".makery/report.md": "r", "logo.png": b"\x89PNG\0", "a.txt": "1"})
        assert workspace.files() == {"a.txt": "1"}
        assert workspace.as_bytes() == {"a.txt": b"1", "logo.png": b"\x89PNG\0"}

    def test_each_change_is_one_commit_with_an_id_of_its_own(self, workspace: Workspace) -> None:
        workspace.put({"a.txt": "1"})
        first = workspace.commit("one")
        workspace.put({"a.txt": "2"})
        second = workspace.commit("two")
        assert first
        assert second
        assert first != second

    def test_without_a_change_there_is_no_commit(self, workspace: Workspace) -> None:
        assert workspace.commit("nothing") == ""
        workspace.put({"a.txt": "1"})
        workspace.commit("one")
        workspace.put({"a.txt": "1"})
        assert workspace.commit("the same again") == ""

    def test_makery_s_own_folder_makes_no_commit(self, workspace: Workspace) -> None:
        workspace.put({".makery/report.md": "r"})
        assert workspace.commit("report") == ""
