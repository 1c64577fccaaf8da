"""Code is found in answers however it is fenced, and belongs to the file named beside its fence."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makery.prompting import CodeBlock, code_blocks

ANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""

FENCES = ("```", "~~~", "````", "~~~~~")


@pytest.mark.parametrize("fence", FENCES)
@pytest.mark.parametrize("info", ["", "python", "c++", "objective-c", " python"])
def test_fences_of_all_kinds_are_read(fence: str, info: str):
    assert code_blocks(f"Here:\n{fence}{info}\nx = 1\n{fence}\nDone.") == [
        CodeBlock(info.strip(), "", "x = 1\n")
    ]


def test_a_closing_fence_may_be_longer_and_indented():
    assert code_blocks("  ```python\nx\n   ````\nafter") == [CodeBlock("python", "", "x\n")]


@pytest.mark.parametrize(("outer", "inner"), [("~~~", "```"), ("```", "~~~"), ("````", "```")])
def test_a_fence_inside_another_kind_of_fence_is_content(outer: str, inner: str):
    content = f"# Usage\n{inner}sh\nrun\n{inner}\n"
    text = f"README.md\n{outer}md\n{content}{outer}\n\nmain.py\n{outer}\nx\n{outer}"
    assert code_blocks(text) == [CodeBlock("md", "README.md", content), CodeBlock("", "main.py", "x\n")]


def test_a_fence_that_is_never_closed_ends_with_the_text():
    assert code_blocks("main.py\n```python\nx = 1\ny =") == [CodeBlock("python", "main.py", "x = 1\ny =\n")]


def test_windows_line_ends_close_fences_too():
    text = "a.py\r\n```python\r\nx\r\n```\r\nb.py\r\n```python\r\ny\r\n```\r\n"
    assert code_blocks(text) == [CodeBlock("python", "a.py", "x\n"), CodeBlock("python", "b.py", "y\n")]


@pytest.mark.parametrize("text", ["print(1)", "def f():\n    return `1`\n", "```x``` is a variable"])
def test_an_answer_without_a_fence_is_one_block(text: str):
    assert code_blocks(text) == [CodeBlock("", "", text.strip() + "\n")]


@pytest.mark.parametrize("text", ["", "  \n\n "])
def test_an_empty_answer_has_no_block(text: str):
    assert code_blocks(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "src/main.py",
        "`src/main.py`",
        "**src/main.py**:",
        "### File: `src/main.py`",
        "1. src/main.py (v1.2)",
        "# src/main.py",
        "文件src/main.py的内容如下：",
        "文件 src/main.py：",
        "Instead of old.py this is src/main.py:",
    ],
)
def test_the_file_named_just_before_the_fence_is_the_block_s(line: str):
    for gap in ("\n", "\n\n"):
        assert code_blocks(f"Text.\n{line}{gap}```\nx\n```") == [CodeBlock("", "src/main.py", "x\n")]


@pytest.mark.parametrize(
    "opening",
    ["```python src/main.py", '```python title="src/main.py"', "```python:src/main.py", "```src/main.py"],
)
def test_the_file_named_behind_the_fence_is_the_block_s(opening: str):
    (block,) = code_blocks(f"{opening}\nx\n```")
    assert (block.path, block.code) == ("src/main.py", "x\n")


@pytest.mark.parametrize(
    "line", ["This needs Python 3.11:", "Costs 1.50", "", "main.cpython-311", "word " * 40 + "a.py"]
)
def test_what_is_no_file_name_names_no_file(line: str):
    assert code_blocks(f"{line}\n```\nx\n```")[0].path == ""


def test_a_name_belongs_to_the_next_block_only():
    first, second = code_blocks("a.py\n```\nx\n```\n```\ny\n```")
    assert (first.path, second.path) == ("a.py", "")


def test_chinese_text_around_the_code_stays_outside():
    text = (
        "好的，下面是程序。\n\n程序main.py如下：\n```python\nprint('你好')\n```\n运行方法：`python main.py`。"
    )
    assert code_blocks(text) == [CodeBlock("python", "main.py", "print('你好')\n")]


LINES = st.lists(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=30), max_size=6)
CODE = LINES.map("\n".join).map(str.rstrip).filter(lambda code: "```" not in code and "~~~" not in code)
PATHS = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?\.(py|html|js)", fullmatch=True)


@ANY
@given(st.lists(st.tuples(PATHS, st.sampled_from(FENCES), CODE), min_size=1, max_size=4))
def test_files_written_as_prompts_ask_for_are_read_back_whole(files: list[tuple[str, str, str]]):
    text = "\n\n".join(f"{path}\n{fence}\n{code}\n{fence}" for path, fence, code in files)
    assert [(block.path, block.code) for block in code_blocks(text)] == [
        (p, f"{code}\n") for p, _, code in files
    ]


@ANY
@given(st.text(st.sampled_from("`~ \n\rax.py文/"), max_size=60))
def test_any_answer_is_read_without_an_error(text: str):
    assert all(block.code.endswith("\n") for block in code_blocks(text))
