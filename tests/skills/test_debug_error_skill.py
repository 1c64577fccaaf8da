"""A repair changes what it is about and nothing else; an unusable one changes nothing and says so."""

import pytest
from skills_world import APP, CHINESE, CLI, code, cut, perform, report, script, suite, todo

from makery.kernel.documents import Check, CodeReview, Finding, Problem, TestSuite
from makery.languages.registry import Registry
from makery.testing import FakeSandbox

PROGRAM = '''"""To-do."""
import sys

ITEMS = []


class Store:
    def add(self, text):
        return 0

    def all(self):
        return ITEMS


def main():
    print(Store().add(sys.argv[1]))


if __name__ == "__main__":
    main()
'''
FIXED = "class Store:\n    def add(self, text):\n        ITEMS.append(text)\n        return len(ITEMS)\n"
BAD_SYNTAX = Finding(path="todo.py", line=2, rule="syntax", message="'(' was never closed")


async def mended(answer, *more, program=None, showed=None, options=None):
    """The next revision of the program after that answer, and the call that was made."""
    model = script("debug_error", answer)
    repaired = await perform(
        "debug_error",
        todo(),
        program or code(todo=PROGRAM),
        suite("C2.0", "C2.1"),
        *more,
        showed or report(C2_0="printed 0, expected 1", C2_1=""),
        model=model,
        options={"check": "C2.0", **(options or {})},
        languages=Registry(FakeSandbox()),
    )
    return repaired, model.calls[0]


async def test_a_patch_replaces_only_the_corrected_functions() -> None:
    repaired, _ = await mended(f"The number was missing.\n```python\n{FIXED}```")
    text = repaired.as_mapping()["todo.py"]
    assert "return len(ITEMS)" in text and "return 0" not in text
    assert (
        "def all(self):" in text
        and text.startswith('"""To-do."""\nimport sys\n')
        and text.endswith("    main()\n")
    )
    assert (repaired.revision, repaired.note) == (1, "")


async def test_example_calls_beside_the_patch_do_no_harm() -> None:
    repaired, _ = await mended(f"```python\n{FIXED}```\nThen:\n```sh\npython todo.py add x\n```")
    assert "return len(ITEMS)" in repaired.as_mapping()["todo.py"]
    assert repaired.note == ""


async def test_the_prompt_quotes_the_failure_its_sentence_and_its_check_alone() -> None:
    _, call = await mended(FIXED)
    user = call.prompt.user
    assert "<sentence>`add TEXT` prints its number.</sentence>" in user
    assert "\nassert run('C2.0')\nthis went wrong:\nprinted 0, expected 1" in user
    assert "C2.1" not in user and "def test" not in user
    assert "todo.py\n```\n" in user
    assert "corrected functions or methods of todo.py" in user and "A reviewer wrote" not in user


async def test_steps_after_the_failed_assertion_are_not_shown() -> None:
    steps = "    a = run('add', 'x')\n    assert a.lines == ['1']\n    assert run('wrong').code == 7\n"
    scenario = TestSuite(checks=(Check(id="C2.5", clauses=("C2",), code=f"def test_c2(run):\n{steps}"),))
    _, call = await mended(
        FIXED,
        scenario,
        showed=report(C2_5="assert a.lines == ['1']\nassert ['0'] == ['1']", line=3),
        options={"check": "C2.5"},
    )
    assert "\na = run('add', 'x')\nassert a.lines == ['1']\nthis went wrong:" in call.prompt.user
    assert "wrong" not in call.prompt.user.partition("this went wrong:")[0].partition("After these steps")[2]


async def test_a_review_goes_with_the_failure_as_an_opinion() -> None:
    review = CodeReview(
        candidate=0, revision=0, problems=(Problem(where="add", what="counts from 0"),), approved=False
    )
    _, call = await mended(FIXED, review)
    assert "A reviewer wrote (may be mistaken):\n- add: counts from 0" in call.prompt.user


async def test_static_findings_are_the_failure_where_no_check_is_named() -> None:
    fatal = Finding(path="todo.py", line=9, rule="undefined-name", message="ITEM is not defined")
    minor = fatal.model_copy(update={"message": "too long", "fatal": False})
    _, call = await mended(FIXED, showed=report(fatal, minor), options={"check": ""})
    assert "It is wrong here:\ntodo.py:9: ITEM is not defined\n" in call.prompt.user
    assert "too long" not in call.prompt.user


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I am sorry, I cannot do that.",
        "```python\ndef unknown():\n    return 1\n```",
        "```python\ndef add(self, text:\n```",
        f"```python\n{PROGRAM}```",
        "你好",
    ],
    ids=["empty", "prose", "unknown name", "syntax", "nothing changed", "Chinese prose"],
)
async def test_an_unusable_answer_changes_nothing_and_says_why(answer: str) -> None:
    repaired, _ = await mended(answer)
    assert repaired.as_mapping() == {"todo.py": PROGRAM}
    assert repaired.note


async def test_a_cut_off_patch_changes_nothing() -> None:
    repaired, _ = await mended(
        cut("```python\nclass Store:\n    def add(self, text):\n        ITEMS.append(")
    )
    assert repaired.as_mapping() == {"todo.py": PROGRAM} and repaired.note


async def test_a_rewrite_replaces_whole_files_and_keeps_the_others() -> None:
    repaired, call = await mended(
        "todo.py\n```python\nprint(1)\n```\nextra.py\n```python\nx = 1\n```",
        program=code(todo=PROGRAM, other="kept = True\n"),
        options={"way": "rewrite"},
    )
    assert repaired.as_mapping() == {
        "todo.py": "print(1)\n",
        "extra.py": "x = 1\n",
        "other.py": "kept = True\n",
    }
    assert "Write the program anew" in call.prompt.user


async def test_a_program_that_does_not_parse_is_written_anew() -> None:
    repaired, call = await mended(
        "```python\nprint(1)\n```",
        program=code(todo="print((1\n"),
        showed=report(BAD_SYNTAX),
        options={"check": ""},
    )
    assert repaired.as_mapping() == {"todo.py": "print(1)\n"}
    assert "'(' was never closed" in call.prompt.user
    assert call.max_tokens > 1200


async def test_an_empty_rewrite_changes_nothing_and_says_why() -> None:
    repaired, _ = await mended("", options={"way": "rewrite"})
    assert repaired.as_mapping() == {"todo.py": PROGRAM}
    assert "no code block" in repaired.note


async def test_attempts_are_drawn_differently_and_numbered_by_the_protocol() -> None:
    calls = []
    for attempt in range(3):
        repaired, call = await mended(FIXED, options={"attempt": str(attempt), "revision": str(attempt + 5)})
        assert repaired.revision == attempt + 5
        calls.append(call)
    assert len({(call.seed, call.sample) for call in calls}) == 3


async def test_a_failure_that_was_tried_before_is_tried_more_freely() -> None:
    first, second = [(await mended(FIXED, options={"tries": str(tries)}))[1] for tries in (1, 2)]
    assert 0 == first.temperature < second.temperature <= 1


async def test_a_program_in_parts_is_mended_as_a_whole() -> None:
    parts = (
        code(main="def main():\n    pass\n", complete=False),
        code(store="def save():\n    return 0\n", complete=False),
    )
    model = script("debug_error", "```python\ndef save():\n    return 1\n```")
    repaired = await perform(
        "debug_error",
        todo(APP),
        *parts,
        suite("C2.0"),
        report(C2_0="0 != 1"),
        model=model,
        options={"check": "C2.0"},
        languages=Registry(FakeSandbox()),
    )
    assert repaired.as_mapping()["store.py"] == "def save():\n    return 1\n"
    assert "def main()" in repaired.as_mapping()["main.py"]
    assert repaired.complete


async def test_a_repository_is_mended_with_the_files_that_were_not_touched() -> None:
    model = script("debug_error", "```python\ndef old():\n    return 2\n```")
    repaired = await perform(
        "debug_error",
        todo(CLI, CHINESE, {"todo.py": "def old():\n    return 1\n", "notes.txt": "备注"}),
        code(new="x = 1\n"),
        suite("C2.0"),
        report(C2_0="应为 2"),
        model=model,
        options={"check": "C2.0"},
        languages=Registry(FakeSandbox()),
    )
    assert repaired.as_mapping() == {
        "todo.py": "def old():\n    return 2\n",
        "notes.txt": "备注",
        "new.py": "x = 1\n",
    }
    assert "应为 2" in model.calls[0].prompt.user
