"""Edits that a model asks for are applied where they fit, and refused with a usable answer where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makery.kernel.errors import MalformedOutput
from makery.workspace.diff import Edit, apply_edits, parse_edits, unified_diff

ANSWER = """I will change two places.

```python
todo.py
<<<<<<< SEARCH
def add():
    pass
=======
def add(item):
    items.append(item)
>>>>>>> REPLACE
```

**pkg/new.py**
<<<<<<< SEARCH
=======
x = 1
>>>>>>> REPLACE
"""


def test_blocks_are_found_among_fences_and_talk() -> None:
    assert parse_edits(ANSWER) == (
        Edit(
            path="todo.py",
            search="def add():\n    pass\n",
            replace="def add(item):\n    items.append(item)\n",
        ),
        Edit(path="pkg/new.py", search="", replace="x = 1\n"),
    )


def test_a_block_without_a_name_belongs_to_the_file_before_or_the_default() -> None:
    block = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    assert [e.path for e in parse_edits(f"x.py\n{block}and then\n{block}")] == ["x.py", "x.py"]
    assert [e.path for e in parse_edits(block, default_path="d.py")] == ["d.py"]
    with pytest.raises(MalformedOutput, match=r"names no file(.|\n)*<<<<<<< SEARCH"):
        parse_edits(block)


@pytest.mark.parametrize("text", ["", "just talk", "<<<<<<< SEARCH\na\n=======\nb\n"])
def test_an_answer_without_a_whole_block_is_told_the_form(text: str) -> None:
    with pytest.raises(MalformedOutput, match=r"No whole SEARCH/REPLACE block(.|\n)*>>>>>>> REPLACE"):
        parse_edits(text)


def edit(search: str, replace: str, path: str = "a.py") -> Edit:
    return Edit(path=path, search=search, replace=replace)


def test_an_exact_match_wins_over_a_tolerant_one() -> None:
    files = {"a.py": "x = 1  \nx = 1\n"}
    assert apply_edits(files, [edit("x = 1\n", "y = 2\n")]) == {"a.py": "x = 1  \ny = 2\n"}


def test_spaces_at_line_ends_do_not_matter() -> None:
    assert apply_edits({"a.py": "if x: \n    y\n"}, [edit("if x:\n    y  \n", "z\n")]) == {"a.py": "z\n"}


def test_a_block_that_is_indented_otherwise_is_moved_to_the_file_s_indentation() -> None:
    files = {"a.py": "class A:\n    def f(self):\n        return 1\n"}
    change = edit("def f(self):\n    return 1\n", "def f(self):\n\n    return 2\n")
    assert apply_edits(files, [change])["a.py"] == "class A:\n    def f(self):\n\n        return 2\n"
    deeper = edit(
        "        def f(self):\n            return 1\n", "        def f(self):\n            return 3\n"
    )
    assert apply_edits(files, [deeper])["a.py"] == "class A:\n    def f(self):\n        return 3\n"


def test_lines_that_are_the_same_only_without_any_indentation_do_not_match() -> None:
    with pytest.raises(MalformedOutput, match="not in the file"):
        apply_edits({"a.py": "if a:\n  b\nc\n"}, [edit("if a:\n      b\n  c\n", "x\n")])


def test_a_place_that_is_missing_shows_the_nearest_lines_and_what_to_send() -> None:
    files = {"a.py": "def one():\n    return 1\n\ndef two():\n    return 2\n"}
    good = edit("    return 1\n", "    return 11\n")
    with pytest.raises(MalformedOutput) as caught:
        apply_edits(files, [good, edit("def two(x):\n    return 2\n", "x\n")])
    message = str(caught.value)
    assert "Block 2 of 2, for a.py" in message
    assert "nearest lines are 4 and following:\ndef two():\n    return 2" in message
    assert "Send all 2 blocks again" in message
    assert files["a.py"].startswith("def one():\n    return 1\n")


def test_a_place_that_is_not_unique_names_its_lines() -> None:
    with pytest.raises(MalformedOutput, match=r"fits 2 places \(lines 1, 3\)"):
        apply_edits({"a.py": "x\ny\nx\n"}, [edit("x\n", "z\n")])


def test_an_unknown_file_names_the_nearest_ones() -> None:
    with pytest.raises(MalformedOutput, match=r"no such file\. Did you mean main\.py\?"):
        apply_edits({"main.py": "x\n"}, [edit("x\n", "z\n", "mian.py")])


def test_an_empty_search_makes_a_file_but_never_overwrites_one() -> None:
    assert apply_edits({}, [edit("", "x\n")]) == {"a.py": "x\n"}
    with pytest.raises(MalformedOutput, match="the file exists"):
        apply_edits({"a.py": "y\n"}, [edit("", "x\n")])


def test_line_ends_of_the_file_are_kept() -> None:
    assert apply_edits({"a.py": "x\r\ny\r\n"}, [edit("y\n", "z\nw\n")]) == {"a.py": "x\r\nz\r\nw\r\n"}
    assert apply_edits({"a.py": "x\ny"}, [edit("y\n", "z\n")]) == {"a.py": "x\nz"}


def test_edits_build_on_each_other_and_an_empty_replacement_removes() -> None:
    changes = [edit("x\n", "y\n"), edit("y\n", "")]
    assert apply_edits({"a.py": "x\nz\n"}, changes) == {"a.py": "z\n"}


LINES = st.lists(st.text(alphabet="ab \t", max_size=4).map(lambda line: f"{line}\n"), min_size=1, max_size=8)


@given(before=LINES, middle=st.text(alphabet="xyz ", min_size=1, max_size=9), after=LINES)
def test_a_unique_line_is_always_found_and_nothing_else_changes(
    before: list[str], middle: str, after: list[str]
) -> None:
    line = f"!{middle}\n"
    changed = apply_edits({"a.py": "".join([*before, line, *after])}, [edit(line, "new\n")])
    assert changed == {"a.py": "".join([*before, "new\n", *after])}


def test_equal_files_have_no_diff_and_only_changed_ones_appear() -> None:
    assert unified_diff({"a": "1\n"}, {"a": "1\n"}) == ""
    shown = unified_diff({"a": "1\n", "b": "2\n", "c": "3\n"}, {"a": "1\n", "b": "4\n", "d": "5\n"})
    assert [line for line in shown.splitlines() if line.startswith(("---", "+++"))] == [
        "--- a/b",
        "+++ b/b",
        "--- a/c",
        "+++ /dev/null",
        "--- /dev/null",
        "+++ b/d",
    ]
