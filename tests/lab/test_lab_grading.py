"""Hidden tests on programs that go wrong in every way: counted, told apart, never believed on their word."""

import asyncio
from collections.abc import Mapping

import pytest
from lab_standins import DATA, HALVES, SHOUT

from makery.kernel.errors import EnvironmentFailure
from makery.kernel.ports import Command, CommandResult
from makery.lab.grade import Grade, failure_of
from makery.lab.grader.oracles import right
from makery.lab.grader.shapes import shaped
from makery.lab.grading import Bench, grade
from makery.lab.suites import suite
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.testing import FakePackageIndex, FakeSandbox, ended


def judged(name: str, task: str, program: Mapping[str, str], bench: Bench | None = None) -> Grade:
    (found,) = (one for one in suite(name).tasks(DATA) if one.id == task)
    return asyncio.run(grade(found, program, bench or Bench(BubblewrapSandbox(), FakePackageIndex())))


def shout(code: str) -> Grade:
    return judged("humaneval", "HumanEval/900", {"solution.py": code})


@pytest.mark.sandboxed
def test_each_asserting_statement_is_a_test_of_its_own() -> None:
    result = shout("def shout(text):\n    return text.upper() if text else None\n")

    assert (result.passed, result.total) == (2, 3)
    assert result.solved is False and result.failure == "wrong value"
    assert result.fraction == pytest.approx(2 / 3)


@pytest.mark.sandboxed
def test_a_test_may_use_the_prompt_s_own_helper_though_the_program_left_it_out() -> None:
    assert judged("humaneval", "HumanEval/901", {"solution.py": HALVES}).solved is True


@pytest.mark.sandboxed
@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("def whisper(text):\n    return text\n", "interface"),
        ("def shout():\n    return ''\n", "interface"),
        ("import nowhere\n", "import"),
        ("def shout(text):\n    return re.sub('x', 'X', text)\n", "import"),
        ("def shout(text):\n    return [][1]\n", "error"),
        ("def shout(text):\n    return text.lower()\n", "wrong value"),
        ("import os\ndef shout(text):\n    os._exit(0)\n", "crash"),
        ("raise SystemExit\n", "error"),
    ],
)
def test_failures_are_told_apart(code: str, failure: str) -> None:
    result = shout(code)
    assert result.solved is False and result.failure == failure, result


@pytest.mark.sandboxed
def test_a_program_that_prints_results_of_its_own_is_not_believed() -> None:
    lie = 'import sys\nprint(\'{"nonce": "", "told": []}\')\nsys.stdout.flush()\n'
    assert shout(f"{lie}def shout(text):\n    return 'x'\n").passed == 0


def test_a_program_that_does_not_parse_or_is_not_there_is_not_run() -> None:
    bench = Bench(FakeSandbox(), FakePackageIndex())
    parts = ("humaneval", "HumanEval/900")

    assert judged(*parts, {"solution.py": "def shout(:"}, bench).failure == "syntax"
    assert judged(*parts, {"other.py": SHOUT}, bench).failure == "missing file"
    assert judged(*parts, {}, bench).total == 3


@pytest.mark.parametrize(("exceeded", "failure"), [("time", "timeout"), ("memory", "crash")])
def test_a_sandbox_that_reached_a_limit_counts_against_the_program(exceeded: str, failure: str) -> None:
    cut = CommandResult(exit_status=-9, stdout="", stderr="", seconds=1, exceeded=exceeded)  # type: ignore[arg-type]
    bench = Bench(FakeSandbox().when(lambda _: True, cut), FakePackageIndex())

    result = judged("humaneval", "HumanEval/900", {"solution.py": SHOUT}, bench)
    assert (result.passed, result.failure) == (0, failure)


@pytest.mark.sandboxed
def test_the_plus_sets_tell_how_their_base_went() -> None:
    code = "def shout(text):\n    return text.upper() if text != 'Ab' else text\n"
    result = judged("humaneval_plus", "HumanEval/900", {"solution.py": code})

    assert (result.passed, result.total, result.solved, result.base_solved) == (4, 5, False, True)


@pytest.mark.sandboxed
def test_a_class_is_judged_by_its_unit_tests() -> None:
    code = "class Counter:\n    def up(self):\n        return 1\n"
    result = judged("classeval", "ClassEval_900", {"solution.py": code})

    assert (result.passed, result.total) == (2, 3)
    assert [one.test for one in result.failed] == ["CounterTestUp::test_up_2"]


@pytest.mark.sandboxed
def test_a_module_that_unit_tests_cannot_import_fails_them_all() -> None:
    result = judged("exercism", "exercism-twice", {"twice.py": "def thrice(number):\n    return 3\n"})

    assert (result.passed, result.total, result.failure) == (0, 2, "interface")


@pytest.mark.sandboxed
def test_a_program_is_judged_by_black_box_tests() -> None:
    code = "import sys\nprint('hello', sys.argv[1])\nsys.exit(1)\n"
    result = judged("factorybench", "greeter", {"greet.py": code})

    assert (result.passed, result.total, result.failure) == (1, 2, "wrong value")


@pytest.mark.sandboxed
@pytest.mark.parametrize(
    ("code", "solved"), [("print('hello')\n", True), ("input('name? ')\n", True), ("1 / 0\n", False)]
)
def test_softwaredev_asks_whether_a_program_starts(code: str, solved: bool) -> None:
    assert judged("softwaredev", "0", {"main.py": code}).solved is solved


def test_packages_that_a_program_declares_are_there_when_it_is_judged() -> None:
    packages = FakePackageIndex({"six": "six"})
    seen: list[Command] = []

    def remember(command: Command) -> CommandResult:
        seen.append(command)
        return ended()

    bench = Bench(FakeSandbox().when(lambda _: True, remember), packages)
    judged("humaneval", "HumanEval/900", {"solution.py": SHOUT, "requirements.txt": "six>=1\n# no\n"}, bench)

    assert [mount.target for mount in seen[0].mounts]


def test_a_program_that_declares_what_does_not_exist_is_judged_without_it() -> None:
    class Nothing(FakePackageIndex):
        async def install(self, packages):
            raise EnvironmentFailure("no such package")

    bench = Bench(FakeSandbox().when(lambda _: True, ended()), Nothing())
    result = judged("humaneval", "HumanEval/900", {"solution.py": SHOUT, "requirements.txt": "nope\n"}, bench)
    assert result.passed == 0


@pytest.mark.parametrize(
    ("error", "message", "failure"),
    [
        ("AssertionError", "1 != 2", "wrong value"),
        ("assert", "", "wrong value"),
        ("Failed", "took longer than 5 s", "timeout"),
        ("subprocess.TimeoutExpired", "", "timeout"),
        ("AttributeError", "'LRUCache' object has no attribute 'keys'", "interface"),
        ("AttributeError", "'NoneType' object has no attribute 'keys'", "error"),
        ("TypeError", "object of type 'LRUCache' has no len()", "interface"),
        ("TypeError", "f() takes 1 positional argument but 2 were given", "interface"),
        ("TypeError", "f() got an unexpected keyword argument 'x'", "interface"),
        ("NameError", "name 'deque' is not defined", "import"),
        ("NameError", "name 'itme' is not defined", "error"),
        (
            "selenium.common.exceptions.JavascriptException",
            "javascript error: game is not defined",
            "interface",
        ),
        ("ZeroDivisionError", "division by zero", "error"),
    ],
)
def test_an_exception_has_a_class(error: str, message: str, failure: str) -> None:
    assert failure_of(error, message) == failure


@pytest.mark.parametrize(
    ("oracle", "inputs", "got", "expected", "tolerance", "is_right"),
    [
        ("equal", [], 1, 1, 0, True),
        ("equal", [], 1, 2, 0, False),
        ("equal", [], 0.1 + 0.2, 0.3, 0, True),
        ("equal", [], [0.1 + 0.2], [0.3], 0, True),
        ("equal", [], (0.3,), [0.3], 0, False),
        ("equal", [], 0.31, 0.3, 0, False),
        ("equal", [], 0.31, 0.3, 0.1, True),
        ("equal", [], "0.3", 0.3, 0.1, False),
        ("anything", [], None, 5, 0, True),
        ("or_zero", [], 0, 5, 0, True),
        ("or_zero", [], 1, 5, 0, False),
        ("same_set", [], [2, 1], (1, 2), 0, True),
        ("is_found", [], object(), object(), 0, True),
        ("is_found", [], True, object(), 0, True),
        ("is_found", [], None, object(), 0, False),
        ("is_found", [], None, None, 0, True),
        ("is_root", [[1, 2]], -0.5, None, 1e-4, True),
        ("is_root", [[1, 2]], 0.5, None, 1e-4, False),
        ("surface", [3, 4], 35, 33, 0, True),
        ("digit_distance", [1, 200], 3, 199, 0, True),
    ],
)
def test_an_answer_is_right_as_evalplus_says(oracle, inputs, got, expected, tolerance, is_right) -> None:
    assert right(oracle, inputs, got, expected, tolerance) is is_right


@pytest.mark.parametrize(
    ("shape", "given", "wanted"),
    [
        ("", [[1]], [[1]]),
        ("tuples", [[1], [2]], [(1,), (2,)]),
        ("lists_of_tuples", [[[1]]], [[(1,)]]),
        ("first_list_of_tuples", [[[1]], 2], [[(1,)], 2]),
        ("first_tuple", [[1], 2, 3], [(1,), 2, 3]),
        ("second_tuple", [1, [2]], [1, (2,)]),
        ("tuples_of_tuples", [[[1]]], [((1,),)]),
        ("tuples_of_mixed", [[[1], 2]], [((1,), 2)]),
        ("sets", [[[1], []]], [[{1}, {}]]),
        ("float_and_complex", ["1", "2j"], [1.0, 2j]),
        ("complex", ["2j"], [2j]),
        ("values_tuples", [{"a": [1]}, 2], [{"a": (1,)}, 2]),
        ("all_tuples", [[[1, [2]]]], [((1, (2,)),)]),
    ],
)
def test_inputs_get_the_shape_that_json_took_from_them(shape, given, wanted) -> None:
    assert shaped(shape, given) == wanted
