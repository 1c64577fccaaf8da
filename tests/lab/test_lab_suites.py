"""What each suite shows a run, and that the hidden tests stay hidden and can be passed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_standins import DATA
from typer.testing import Result

from makery.kernel.errors import InputError
from makery.lab.suites import SUITES, chosen, suite
from makery.lab.task import Cases, Task

Makery = Callable[..., Result]


def tasks(name: str) -> dict[str, Task]:
    return {task.id: task for task in suite(name).tasks(DATA)}


def hidden_texts(task: Task) -> list[str]:
    if isinstance(task.tests, Cases):
        return [*task.tests.statements, *map(json.dumps, task.tests.inputs)]
    return [text for _, text in task.tests.files]


def test_humaneval_shows_signature_and_docstring() -> None:
    text = tasks("humaneval")["HumanEval/900"].requirement

    assert "`shout`" in text and "`solution.py`" in text
    assert 'def shout(text: str) -> str:\n    """ Give the text in capitals.' in text
    assert "return text.upper()" not in text


def test_mbpp_shows_text_name_and_arity_but_no_assertion() -> None:
    text = tasks("mbpp")["9001"].requirement

    assert text == (
        "Write the Python module `solution.py` with the function `add`, which takes 2 arguments: "
        "Write a function to add two numbers.\n"
    )


def test_mbpp_plus_shows_the_one_assertion_of_its_own_prompt() -> None:
    text = tasks("mbpp_plus")["Mbpp/2"].requirement

    assert "Write a function to find the shared elements of two tuples.\nassert set(shared((1, 2)" in text
    assert text.count("assert") == 1


def test_classeval_shows_the_skeleton_and_leaves_out_what_needs_third_parties() -> None:
    found = tasks("classeval")

    assert list(found) == ["ClassEval_900"]
    assert "One more; gives the count." in found["ClassEval_900"].requirement


def test_exercism_shows_instructions_and_stub() -> None:
    task = tasks("exercism")["exercism-twice"]

    assert "Give twice the number." in task.requirement and "def twice(number):" in task.requirement
    assert task.entry == ("twice.py",)


def test_factorybench_shows_the_requirement_and_for_a_change_the_repository() -> None:
    found = tasks("factorybench")

    assert found["greeter"].requirement.startswith("# Greeter")
    assert found["greeter"].seed == () and found["greeter"].group == "easy"
    assert dict(found["price_bug"].seed).keys() == {"shop.py"}


@pytest.mark.parametrize("name", [one.name for one in SUITES if one.name != "mbpp_plus"])
def test_no_text_of_a_hidden_test_reaches_a_requirement(name: str) -> None:
    for task in tasks(name).values():
        assert not [text for text in hidden_texts(task) if text in task.requirement]


def test_a_subset_is_the_first_ids_by_sha1() -> None:
    ids = [task.id for task in suite("humaneval").tasks(DATA)]

    assert ids == ["HumanEval/901", "HumanEval/900"]  # 9a98…, f241…
    assert [task.id for task in chosen(suite("humaneval").tasks(DATA), (), 1)] == ids[:1]


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(InputError, match="HumanEval/90"):
        chosen(suite("humaneval").tasks(DATA), ("HumanEval/90",), None)


def test_a_task_s_digest_changes_with_its_tests() -> None:
    one, other = tasks("humaneval").values()
    assert one.digest != other.digest and len(one.digest) == 12


def test_the_data_may_be_named_by_the_suite_s_own_folder_or_file() -> None:
    folder = DATA / "humaneval"
    assert suite("humaneval").tasks(folder) == suite("humaneval").tasks(folder / "HumanEval.jsonl")


def test_data_that_are_missing_or_of_another_form_are_told(makery: Makery, tmp_path: Path) -> None:
    missing = makery("eval", "humaneval", "--data", "nowhere")
    assert missing.exit_code == 2 and "--data" in missing.stderr

    (tmp_path / "HumanEval.jsonl").write_text('{"task_id": "x"}\n', encoding="utf-8")
    odd = makery("eval", "humaneval", "--data", str(tmp_path))
    assert odd.exit_code == 2 and "humaneval" in odd.stderr and "Traceback" not in odd.stderr


def test_an_unknown_suite_names_the_nearest(makery: Makery) -> None:
    result = makery("eval", "humanevl", "--data", str(DATA))
    assert result.exit_code == 2 and "humaneval" in result.stderr


def test_suites_are_listed_with_what_they_show(makery: Makery) -> None:
    listed = json.loads(makery("eval", "suites", "--json").stdout)
    assert [row["suite"] for row in listed] == [one.name for one in SUITES]
    assert all(row["shown to a run"] for row in listed)


@pytest.mark.sandboxed
@pytest.mark.parametrize(
    "name", ["humaneval", "humaneval_plus", "mbpp", "mbpp_plus", "classeval", "exercism"]
)
def test_the_data_s_own_solutions_pass_the_hidden_tests(makery: Makery, name: str) -> None:
    result = makery("eval", "check", name, "--data", str(DATA))

    count = len(suite(name).tasks(DATA))
    assert result.exit_code == 0, result.output
    assert f"{count} of {count} solutions pass" in result.stdout
