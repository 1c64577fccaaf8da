"""No file name leaves the workspace."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makery.kernel.errors import InputError
from makery.workspace.paths import below, safe_path

BAD = [
    "", " ", ".", "..", "../x", "a/../../x", "a/..", "/etc/passwd", "//host/share/x", "C:/x", "c:x",
    "a:stream", "..\\x", "a\\b", "a\0b", "a\nb", "a/", ".git/config", ".GIT/hooks/pre-commit",
    "sub/.git/config", ".git",
    "git~1/config", ".g\u200bit/config", "con", "CON.txt", "a/NUL", "lpt1.log", "name.", "dir /x", "a./b",
    "x" * 256, "长" * 86, "/".join(["d" * 100] * 11), "a\ud800", "a\u202eb",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD, ids=lambda path: ascii(path)[:30])
def test_a_name_that_leaves_the_folder_or_cannot_exist_everywhere_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="file name"):
        safe_path(path)


@pytest.mark.parametrize(
    "path",
    ["main.py", "a/b/c.txt", "./main.py", "文档/说明.md", ".gitignore", ".github/x.yml", "-x", "console.py"],
)
def test_usual_names_are_taken(path: str, tmp_path: Path) -> None:
    assert below(tmp_path, path) == tmp_path.resolve() / path


@given(st.text(max_size=40) | st.text(alphabet="./\\:~a-", max_size=20))
def test_whatever_is_accepted_is_below_the_root(path: str) -> None:
    root = Path("/nowhere/root")
    try:
        found = below(root, path)
    except InputError:
        return
    assert found.is_relative_to(root)
    assert found != root


def test_a_link_to_a_folder_outside_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "inner").symlink_to(root / ".git")
    for path in ("link/x", "link/deeper/x", "inner/hooks/pre-commit"):
        with pytest.raises(InputError, match="link"):
            below(root, path)


def test_a_link_to_a_folder_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert below(tmp_path, "link/x") == tmp_path.resolve() / "real" / "x"
