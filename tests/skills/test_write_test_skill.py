"""Checks are written without sight of the code, compile, assert something, and are few."""

import ast
import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skills_world import CHINESE, CLI, MODULE, cut, perform, script, suite, todo

from makery.kernel.documents import Target
from makery.kernel.errors import RateLimited
from makery.skills.scenario import Form, InputFile, Scenario, Step, scenario_codes
from makery.skills.test_functions import test_functions
from makery.skills.write_test import MOST_CHECKS

ANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""

OPTIONS = {"clause": "C2"}


def steps(*steps: dict[str, object], files: tuple[dict[str, str], ...] = ()) -> dict[str, object]:
    return {"files": files, "steps": steps}


def step(*args: str, out: tuple[str, ...] = (), status: int = 0, stdin: str = "") -> dict[str, object]:
    return {"args": args, "stdin": stdin, "stdout": out, "exit_code": status}


def scenarios(*made: dict[str, object]) -> str:
    return json.dumps({"scenarios": made}, ensure_ascii=False)


ADD = scenarios(steps(step("add", "milk", out=("1",))))


def functions_of(source: str, modules: list[str], prefix: str, known: str = "") -> list[str]:
    return test_functions(source, modules, prefix, known)


test_functions.__test__ = False  # type: ignore[attr-defined] # a function of ours, not a test


class Recorded:
    """The harness's `run`: answers in order, keeps what it was asked."""

    def __init__(self, *answers: tuple[list[str], int]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[tuple[str, ...], str]] = []

    def __call__(self, *args: str, stdin: str = "") -> SimpleNamespace:
        self.asked.append((args, stdin))
        lines, status = self.answers.pop(0)
        return SimpleNamespace(lines=lines, code=status)


def executed(source: str, run: Recorded) -> None:
    names: dict[str, object] = {}
    exec(compile(source, "check", "exec"), names)
    (test,) = [value for name, value in names.items() if name.startswith("test")]
    test(run)  # type: ignore[operator]


# ----------------------------------------------------------------------- the skill: scenarios


async def test_a_command_line_program_is_checked_by_scenarios() -> None:
    model = script("write_test", ADD)
    made = await perform("write_test", todo(CLI), model=model, options=OPTIONS)
    assert [check.id for check in made.checks] == ["C2.0.1"]
    assert all(check.clauses == ("C2",) and check.origin == "qa" for check in made.checks)
    for check in made.checks:
        compile(check.code, "check", "exec")
    executed(made.checks[0].code, Recorded((["1"], 0)))
    with pytest.raises(AssertionError):
        executed(made.checks[0].code, Recorded((["0"], 0)))
    assert model.calls[0].output_schema == Form.model_json_schema()


async def test_the_clause_is_quoted_last_and_the_code_is_never_shown() -> None:
    from skills_world import code

    model = script("write_test", ADD)
    await perform("write_test", todo(CLI), code(todo="SECRET = 1"), model=model, options=OPTIONS)
    user = model.calls[0].prompt.user
    assert "SECRET" not in user
    assert "<sentence>`add TEXT` prints its number.</sentence>" in user


async def test_an_unusable_answer_is_asked_again_differently() -> None:
    model = script("write_test", "no", ADD)
    made = await perform("write_test", todo(CLI), model=model, options=OPTIONS)
    assert len(made.checks) == 1
    first, second = model.calls
    assert (first.sample, first.temperature) != (second.sample, second.temperature)


@pytest.mark.parametrize("answer", ["", "[]", '{"scenarios": []}', '{"scenarios": [{"steps": []}]}', "抱歉"])
async def test_a_clause_without_a_usable_answer_gets_no_check_and_says_so(answer: str) -> None:
    model = script("write_test", answer, answer)
    made = await perform("write_test", todo(CLI), model=model, options=OPTIONS)
    assert made.checks == ()
    assert "C2" in made.plan


async def test_a_failure_of_the_endpoint_is_no_unusable_answer() -> None:
    with pytest.raises(RateLimited):
        await perform(
            "write_test", todo(CLI), model=script("write_test", RateLimited("slow")), options=OPTIONS
        )


async def test_another_round_shows_the_checks_that_proved_nothing_and_numbers_anew() -> None:
    model = script("write_test", ADD)
    made = await perform(
        "write_test", todo(CLI), suite("C2.0.1"), model=model, options={**OPTIONS, "round": "1"}
    )
    assert (made.round, made.checks[0].id) == (1, "C2.1.1")
    assert "another, simpler one:\ndef test_0(run):" in model.calls[0].prompt.user


async def test_a_chinese_requirement_gets_checks_with_its_own_words() -> None:
    answer = scenarios(steps(step("add", "牛奶", out=("已添加：牛奶",))))
    model = script("write_test", answer)
    made = await perform("write_test", todo(CLI, CHINESE), model=model, options=OPTIONS)
    executed(made.checks[0].code, Recorded((["已添加：牛奶"], 0)))
    assert "<sentence>`add` 打印编号。</sentence>" in model.calls[0].prompt.user


# ----------------------------------------------------------------------- the skill: functions


async def test_a_module_is_checked_by_functions_that_import_it() -> None:
    answer = "```python\ndef test_push():\n    s = Stack()\n    s.push(1)\n    assert s.pop() == 1\n```"
    model = script("write_test", answer)
    made = await perform("write_test", todo(MODULE), model=model, options=OPTIONS)
    (check,) = made.checks
    assert "from stack import *" in check.code
    assert "def test_c2_0_1():" in check.code
    assert model.calls[0].output_schema is None
    assert "How to write checks in python." in model.calls[0].prompt.user


async def test_checks_of_a_repository_import_what_they_need_themselves() -> None:
    answer = "```python\nfrom lib.stack import Stack\ndef test_push():\n    assert Stack()\n```"
    made = await perform(
        "write_test",
        todo(MODULE, seed={"lib/stack.py": ""}),
        model=script("write_test", answer),
        options=OPTIONS,
    )
    assert "from stack import *" not in made.checks[0].code
    assert "from lib.stack import Stack" in made.checks[0].code


async def test_a_page_is_checked_by_functions_with_its_page() -> None:
    web = Target(language="web", kind="web", entry=("index.html",))
    answer = "```python\ndef test_title(page):\n    assert page.title() == 'To-do'\n```"
    made = await perform("write_test", todo(web), model=script("write_test", answer), options=OPTIONS)
    assert "def test_c2_0_1(page):" in made.checks[0].code
    assert "import index" not in made.checks[0].code


async def test_of_a_cut_off_answer_the_whole_functions_count() -> None:
    text = "```python\ndef test_a():\n    assert f(1) == 1\n\ndef test_b():\n    assert f("
    made = await perform("write_test", todo(MODULE), model=script("write_test", cut(text)), options=OPTIONS)
    assert len(made.checks) == 1
    assert "f(1)" in made.checks[0].code


async def test_a_clause_gets_few_checks_however_many_were_written() -> None:
    text = "\n".join(f"def test_{n}():\n    assert f({n})\n" for n in range(9))
    made = await perform("write_test", todo(MODULE), model=script("write_test", text), options=OPTIONS)
    assert len(made.checks) == MOST_CHECKS


@pytest.mark.parametrize(
    "answer",
    ["", "I cannot.", "```python\nassert True\n```", "```python\ndef test_x():\n    assert True\n```"],
)
async def test_functions_that_claim_nothing_are_no_checks(answer: str) -> None:
    made = await perform(
        "write_test", todo(MODULE), model=script("write_test", answer, answer), options=OPTIONS
    )
    assert made.checks == () and made.plan


# ------------------------------------------------------------------------------ scenario code


def scenario(*made: Step, files: tuple[InputFile, ...] = ()) -> str:
    given = Scenario(files=list(files), steps=list(made))
    (code,) = scenario_codes(given, "test_it", keeps_state=True)
    return code


def test_runs_of_a_program_that_keeps_nothing_are_checks_of_their_own() -> None:
    made = [Step(args=[word], stdout=[word], exit_code=0) for word in ("a", "b")]
    file = InputFile(name="in.txt", content="1")
    codes = scenario_codes(Scenario(files=[file], steps=made), "test_it", keeps_state=False)
    assert [code.count(" = run(") for code in codes] == [1, 1]
    assert "run('a')" in codes[0] and "def test_it_2(run)" in codes[1]
    assert all("in.txt" in code for code in codes)


def test_files_are_written_before_the_first_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = scenario(
        Step(args=["sum", "in.txt"], stdout=["3"], exit_code=0),
        files=(InputFile(name="in.txt", content="1\n2 '\"\\ 数"),),
    )
    run = Recorded((["3"], 0))
    executed(source, run)
    assert (tmp_path / "in.txt").read_text(encoding="utf-8") == "1\n2 '\"\\ 数"
    assert run.asked == [(("sum", "in.txt"), "")]


def test_standard_input_is_given_and_the_exit_status_checked() -> None:
    source = scenario(Step(args=[], stdin="x\n", stdout=[], exit_code=2))
    run = Recorded(([], 2))
    executed(source, run)
    assert run.asked == [((), "x\n")]
    with pytest.raises(AssertionError):
        executed(source, Recorded(([], 0)))


@pytest.mark.parametrize(
    "args",
    [
        ["python", "todo.py", "add"],
        ["python3", "todo.py", "add"],
        ["todo.py", "add"],
        ["./todo.py", "add"],
        ["add"],
    ],
)
def test_the_program_s_own_name_is_no_argument(args: list[str]) -> None:
    run = Recorded(([], 0))
    executed(scenario(Step(args=args, stdout=[], exit_code=0)), run)
    assert run.asked == [(("add",), "")]


def test_lines_are_one_entry_each_however_they_were_split() -> None:
    executed(
        scenario(Step(args=[], stdout=["a\nb\n", "", "c"], exit_code=0)), Recorded((["a", "b", "", "c"], 0))
    )


PLAIN = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@ANY
@given(
    st.lists(
        st.builds(
            Step,
            args=st.lists(PLAIN, max_size=3),
            stdin=PLAIN,
            stdout=st.lists(PLAIN, max_size=3),
            exit_code=st.integers(0, 9),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_scenario_becomes_code_that_compiles_and_runs_each_step(made: list[Step]) -> None:
    source = scenario(*made)
    assert [type(node) for node in ast.parse(source).body] == [ast.FunctionDef]
    answers = [
        ([line for text in step.stdout for line in (text.splitlines() or [text])], step.exit_code)
        for step in made
    ]
    run = Recorded(*answers)
    executed(source, run)
    assert len(run.asked) == len(made)


# ------------------------------------------------------------------------------ test functions


def test_each_function_is_a_module_of_its_own_with_the_imports_and_constants() -> None:
    shared = "import json\nN = 2\n"
    source = shared + "def test_a():\n    assert f(N) == 2\ndef test_b():\n    assert json.loads(f(1))\n"
    first, second = functions_of(source, ["stack"], "test_c1")
    for code in (first, second):
        compile(code, "check", "exec")
        assert all(part in code for part in ("import json", "N = 2", "from stack import *"))
    assert "def test_c1_1():" in first and "def test_b" not in first
    assert "def test_c1_2():" in second and "def test_a" not in second


def test_a_check_does_not_bring_its_own_copy_of_what_it_checks() -> None:
    source = "class Stack:\n    pass\ndef test_a():\n    assert Stack()\ndef test_b():\n    assert f(1)\n"
    (only,) = functions_of(source, ["stack"], "t")
    assert "f(1)" in only and "class Stack" not in only
    both = functions_of(source, ["stack"], "t", known="A class Stack.")
    assert len(both) == 2
    assert all("class Stack" not in code for code in both)


def test_fixtures_of_the_harness_that_are_defined_anew_are_dropped() -> None:
    fixture = "import pytest\n@pytest.fixture\ndef run():\n    return lambda *a: 'fake'\n"
    (code,) = functions_of(f"{fixture}def test_a(run):\n    assert run('x')\n", [], "t")
    assert "fake" not in code and "def t_1(run)" in code


@pytest.mark.parametrize(
    "body",
    ["assert True", "assert 1", "assert 'text'", "pass", "print(1)", "f(1)"],
)
def test_a_function_that_claims_nothing_is_dropped(body: str) -> None:
    assert functions_of(f"def test_a():\n    {body}\n", [], "t") == []


@pytest.mark.parametrize("body", ["assert f(1) == 1", "with pytest.raises(ValueError):\n        f(1)"])
def test_a_function_that_claims_something_is_kept(body: str) -> None:
    assert len(functions_of(f"def test_a():\n    {body}\n", [], "t")) == 1


def test_a_function_with_an_unknown_fixture_is_dropped() -> None:
    assert functions_of("def test_a(client):\n    assert client\n", [], "t") == []


def test_decorators_that_could_skip_a_check_are_dropped() -> None:
    (code,) = functions_of("import pytest\n@pytest.mark.skip\ndef test_a():\n    assert f(1)\n", [], "t")
    assert "skip" not in code


@pytest.mark.parametrize("source", ["", "def (", "这不是代码", "<html>", "\0"])
def test_what_is_no_python_has_no_functions(source: str) -> None:
    assert functions_of(source, [], "t") == []


WHOLE = "def test_a():\n    assert f(1) == (\n        2)\n\ndef test_b():\n    assert f('''x\ny''')\n"


@ANY
@given(st.integers(0, len(WHOLE)))
def test_wherever_an_answer_is_cut_the_checks_that_are_left_compile(end: int) -> None:
    for code in functions_of(WHOLE[:end], [], "t"):
        compile(code, "check", "exec")


def test_functions_in_a_test_class_count_if_they_do_without_the_object() -> None:
    source = (
        "class TestAdd:\n"
        "    def test_adds(self, tmp_path):\n        assert add(1, 2) == 3\n\n"
        "    def test_keeps(self):\n        assert self.kept == 3\n\n"
        "    @staticmethod\n    def test_static():\n        assert add(0, 0) == 0\n"
    )
    codes = functions_of(source, ["sums"], "test_c1")
    assert [code.splitlines()[-2:] for code in codes] == [
        ["def test_c1_1(tmp_path):", "    assert add(1, 2) == 3"],
        ["def test_c1_2():", "    assert add(0, 0) == 0"],
    ]
