"""Clauses are exact quotes that cover all that a requirement says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makery.kernel.errors import InputError
from makery.verify import clauses

PIECES = [
    *(
        "# Title",
        "- item one. Item two; more",
        "`a.py` prints `1.5 km`.",
        "Is it e.g. a test? Yes!",
        "1. first",
        "2) 二",
    ),
    *(
        "```\ncode. More code.\n\nlast\n```",
        ">>> f(1)\n2",
        "请写一个程序（例如 a。b）。输出 `1`；退出码为 0。",
        "For example:",
        "| a | b |",
    ),
    *(
        "|---|---|",
        "Hello there!",
        "",
        "   indented line",
        "Unclosed `code and (bracket.",
        "See https://x.org/a.b?c. Done",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(alphabet="ab1.;:`()#-* \n。；、", max_size=30), max_size=8))
def test_clauses_are_exact_quotes_that_do_not_overlap_and_cover_all_words(pieces):
    text = "\n".join(pieces)
    found = clauses.split(text)
    assert [clause.id for clause in found] == [f"C{number}" for number in range(1, len(found) + 1)]
    end = 0
    left = ""
    for clause in found:
        assert text[clause.start : clause.end] == clause.text == clause.text.strip()
        assert clause.start >= end
        left += text[end : clause.start]
        end = clause.end
    left += text[end:]
    assert not re.search(r"[A-Za-z\u4e00-\u9fff]", re.sub(r"[（(]?[一二三四五六七八九十]+[)）、]", "", left))


def quotes(text: str) -> list[str]:
    return [clause.text for clause in clauses.split(text)]


def test_each_sentence_and_each_list_item_is_a_clause():
    text = (
        "# To-do\n\nKeep a list. It is saved.\n\n- `add TEXT` adds. Ids grow.\n"
        "- `list` prints\n  all items.\n"
    )
    assert quotes(text) == [
        "# To-do",
        "Keep a list.",
        "It is saved.",
        "`add TEXT` adds.",
        "Ids grow.",
        "`list` prints\n  all items.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Run `python a.py x. Y` to see 1.5 km, e.g. a walk (really. Yes.) and so on.",
        "The text is `One. Two.` and the file `todo.json`.",
        "输出 `1.5 km。` 以及“你好。再见。”（见第 1.2 节。）并退出。",
    ],
)
def test_code_numbers_abbreviations_and_brackets_do_not_end_a_sentence(text):
    assert quotes(text) == [text]


def test_chinese_sentences_are_split_without_spaces():
    assert quotes("标准输出只有一行。VALUE 可以是负数。是吗？是。") == [
        "标准输出只有一行。",
        "VALUE 可以是负数。",
        "是吗？",
        "是。",
    ]


def test_an_example_block_belongs_to_the_sentence_that_announces_it():
    text = (
        "It adds. For example:\n\n```python\nassert add(1, 2) == 3\n\nassert add(0, 0) == 0\n"
        "```\n\nThat is all it does."
    )
    assert quotes(text) == ["It adds.", text[9:-22], "That is all it does."]


def test_headings_greetings_and_background_state_no_behaviour():
    text = "# Notes\n\nHello!\n\nI am a teacher in a small school. I need a program `a.py`.\n\nThanks a lot!"
    stated = {clause.text: clause.states_behaviour for clause in clauses.split(text)}
    assert stated == {
        "# Notes": False,
        "Hello!": False,
        "I am a teacher in a small school.": False,
        "I need a program `a.py`.": True,
        "Thanks a lot!": False,
    }


def test_only_long_sentences_are_split_at_semicolons():
    short, long = "one; two.", f"{'a' * 150}; {'b' * 100}."
    assert quotes(short) == [short]
    assert quotes(long) == [f"{'a' * 150};", f"{'b' * 100}."]


@pytest.mark.parametrize(
    ("text", "words"),
    [(" \n ", "empty"), ("x" * 50_001, "50,000"), ("a\0b", "U+0000"), ("a\ufffdb", "UTF-8")],
    ids=["empty", "long", "binary", "wrong-encoding"],
)
def test_what_is_no_requirement_is_refused_with_the_reason(text, words):
    with pytest.raises(InputError, match=re.escape(words)):
        clauses.read(text)


def test_documents_are_chinese_for_a_chinese_requirement_even_with_much_code():
    assert clauses.locale("请写 `python unitconv.py VALUE FROM TO`，输出结果并保留小数。") == "zh"
    assert clauses.locale("Print the word 你好 and nothing else, please.") == "en"
