"""The repetition guard: it cuts what would never end, and nothing that a programmer might have meant."""

import string
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makery.llm.repetition import Loop, RepetitionGuard, find_loop

WORDS = st.lists(
    st.text(string.ascii_lowercase, min_size=2, max_size=9), min_size=3, max_size=12, unique=True
)


def heard(text: str, step: int = 5) -> Loop | None:
    guard = RepetitionGuard()
    for start in range(0, len(text), step):
        loop = guard.feed(text[start : start + step])
        if loop is not None:
            return loop
    return None


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(1, 40), st.text(max_size=200))
def test_any_sentence_repeated_without_end_is_cut(words, step, before):
    sentence = " ".join(words) + ".\n"
    loop = heard(before + sentence * 400, step)
    assert loop is not None
    assert loop.start <= len(before) + 2 * len(sentence)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(string.ascii_letters + " (){}=", min_size=5, max_size=60), min_size=2, max_size=8))
def test_any_passage_of_some_lines_repeated_without_end_is_cut(lines):
    passage = "def one_more(thing):\n" + "\n".join(lines) + "\n"
    assert heard(passage * 120) is not None


@settings(max_examples=40, deadline=None)
@given(st.text("-=+*.|_# 0", min_size=1, max_size=30))
def test_any_pattern_of_signs_repeated_without_end_is_cut(pattern):
    assert heard(pattern * (6000 // len(pattern) + 100)) is not None


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(1, 8))
def test_a_few_equal_lines_are_never_cut(words, times):
    assert heard(("    " + " ".join(words) + "\n") * times) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), max_size=60, unique=True))
def test_lines_that_differ_are_never_cut(lines):
    assert heard("\n".join(lines)) is None


LEGITIMATE = {
    "the cells of a 2048 board": '<div class="row">\n'
    + ('  <div class="cell"></div>\n' * 4 + '</div>\n<div class="row">\n') * 4,
    "a chess board cell by cell": '<div class="square"></div>\n' * 64,
    "an empty level of 20 × 20": "level = [\n" + ("    [" + "0, " * 19 + "0],\n") * 20 + "]\n",
    "tiles by number": "".join(
        f".tile-{2**n} {{ background: #e{n:x}c; color: #776e65; font-size: 24px; }}\n" for n in range(1, 18)
    ),
    "a multiplication table": "".join(
        f"    ({a}, {b}): {a * b},\n" for a in range(1, 13) for b in range(1, 13)
    ),
    "a room in ASCII": "+" + "-" * 78 + "+\n" + ("|" + " " * 78 + "|\n") * 22 + "+" + "-" * 78 + "+\n",
    "ruled comments": ("# " + "=" * 76 + "\n# Section\n" + "# " + "=" * 76 + "\nx = 1\n") * 3,
    "keys pressed in a test": 'await page.keyboard.press("ArrowUp");\n' * 12,
    "closing brackets": "".join(" " * (40 - n) + "</div>\n" for n in range(0, 40, 2)),
    "a truth table": "".join(
        f"| {a} | {b} | {c} | {a & b | c} |\n" for a in (0, 1) for b in (0, 1) for c in (0, 1)
    ),
}


@pytest.mark.parametrize("text", LEGITIMATE.values(), ids=LEGITIMATE.keys())
def test_code_that_looks_repetitive_is_left_alone(text):
    assert heard(text) is None


def test_real_programs_are_left_alone():
    library = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(library.glob("*.py"))[::6] + sorted((library / "encodings").glob("cp*.py"))[::8]
    cut = [file.name for file in files if heard(file.read_text(encoding="utf-8")[:40_000], 40) is not None]
    assert not cut


LOOPS = {
    "a diagram that goes on": "".join(f"    A{n} --> A{n + 1}[step]\n" for n in range(1000)),
    "blanks inside a document": '{"name": "x"' + " \n" * 1000,
    "a word": "very " * 1000,
    "Chinese": "这个函数用于处理用户输入的数据并返回结果。" * 100,
    "a token": "\t[" * 3000,
    "imports": "import os\nimport sys\nfrom pathlib import Path\n" * 100,
}


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS.keys())
def test_what_small_models_fall_into_is_cut(text):
    loop = heard(text)
    assert loop is not None and loop.start < len(text)


def test_the_text_before_the_loop_is_kept_with_one_turn_of_it():
    good = "def f():\n    return 1\n"
    loop = find_loop(good + "print the value of x\n" * 40)
    assert loop is not None
    kept = (good + "print the value of x\n" * 40)[: loop.start]
    assert kept.rstrip() == good + "print the value of x"
    assert "times in a row" in str(loop)
