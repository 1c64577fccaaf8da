"""Examples become checks word for word, and only where they are certain."""

import ast

import pytest

from makery.kernel.documents import CheckResult, Requirement, TestReport
from makery.kernel.verdict import judge
from makery.languages.recognise import recognise
from makery.verify import clauses
from makery.verify.examples import examples
from makery.verify.traceability import markdown, trace

DOUBLE = '''Complete the function `double` in the Python module `calc.py`:

```python
def double(x):
    """ Twice.
LINE
    """
```
'''


def requirement(text: str, seed: dict[str, str] | None = None) -> Requirement:
    from makery.kernel.documents import SourceFile

    return Requirement(
        text=text,
        target=recognise(text, seed),
        clauses=clauses.split(text),
        seed=tuple(SourceFile(path=path, content=content) for path, content in (seed or {}).items()),
    )


def codes(text: str) -> list[str]:
    found = [check.code for check in examples(requirement(text))]
    for code in found:
        ast.parse(code)
    return found


def test_a_command_and_its_output_become_a_check():
    (code,) = codes("写一个命令行程序 `unitconv.py`，例如 `python unitconv.py 1.5 km m` 输出 `1500`。")
    assert code == (
        "def test_example(run):\n    r = run('1.5', 'km', 'm')\n"
        "    assert r.out.rstrip('\\n') == '1500'\n    assert r.code == 0\n"
    )


def test_a_session_becomes_a_check_that_imports_what_it_uses():
    (code,) = codes(
        "Write a module `calc.py` with a function `add(a, b)`:\n\n>>> add(1, 2)\n3\n>>> add('a', 'b')\n'ab'\n"
    )
    assert code == (
        "def test_example():\n    from calc import add\n    assert add(1, 2) == 3\n"
        "    assert add('a', 'b') == 'ab'\n"
    )


def test_the_end_of_a_docstring_and_comments_are_no_part_of_a_session():
    (code,) = codes(
        'Write `calc.py` with this function:\n\n```python\ndef add(a, b):\n    """ Sum.\n'
        '    >>> add(1, 2) # three\n    3\n    """\n```\n'
    )
    assert code == "def test_example():\n    from calc import add\n    assert add(1, 2) == 3\n"


def test_calls_and_assertions_become_checks():
    found = codes(
        "The module `calc.py` has a function `add`. `add(1, 2)` returns `3`.\n\nassert add(0, 0) == 0\n"
    )
    assert found == [
        "def test_example():\n    from calc import add\n    assert add(1, 2) == 3\n",
        "def test_example():\n    from calc import add\n    assert add(0, 0) == 0\n",
    ]


@pytest.mark.parametrize(
    ("line", "assertion"),
    [
        ("    double(2) == 4", "double(2) == 4"),
        ("double(2) ➞ 4", "double(2) == 4"),
        ("* double([]) => []", "double([]) == []"),
        ("double(-1.5) --> -3.0", "double(-1.5) == -3.0"),
        ("double(2) = 4", "double(2) == 4"),
        ("double('a')  # => 'aa' (a text is repeated)", "double('a') == 'aa'"),
        ("double(2) returns 4. # twice", "double(2) == 4"),
        ("2) double(2) should return 4", "double(2) == 4"),
        ("double(True) → true", "double(True) == True"),
        ("For x = 2 the output should be 4.", "double(x=2) == 4"),
        ("Input: x = [1, 2]\n    Output: [1, 2, 1, 2]", "double(x=[1, 2]) == [1, 2, 1, 2]"),
    ],
)
def test_a_line_with_a_call_and_its_value_becomes_a_check(line, assertion):
    (code,) = codes(DOUBLE.replace("LINE", line))
    assert code == f"def test_example():\n    from calc import double\n    assert {assertion}\n"


@pytest.mark.parametrize(
    "line",
    [
        "double(n) = n + n, so double(2) is four\ndouble(2) = 4",
        "triple(2) == 6",
        "double('a') => ('a')",
        "double(2) -> 2 + 2 = 4",
        "double(x) == 4",
        "For y = 2 the output should be 4.",
        "double(2) == 4 or 5",
    ],
    ids=[
        "formula",
        "other function",
        "bracketed",
        "calculation",
        "variable",
        "other parameter",
        "alternative",
    ],
)
def test_a_line_that_may_mean_something_else_becomes_no_check(line):
    assert codes(DOUBLE.replace("LINE", line)) == []


@pytest.mark.parametrize(
    "text",
    [
        "`python todo.py COMMAND` keeps a list in `todo.json`; `python todo.py count` prints `2 open`.",
        "A command-line program `a.py`: `python a.py FILE` prints `N`, for example `2 open, 1 done`.",
        'A module `t.py` with a class `Game`: `cell(1, 2)` returns `"X"`.',
        "The module `c.py`: `f(x)` returns `y`, `f(1)` returns `2` or `3`, and `name` is `'x'`.",
    ],
    ids=["state", "placeholder", "method", "alternatives"],
)
def test_what_is_not_certain_becomes_no_check(text):
    assert codes(text) == []


def test_a_repository_s_tests_are_checks_as_they_were_before_the_change():
    seed = {"shop/cart.py": "x = 1\n", "tests/test_cart.py": "def test_x():\n    pass\n"}
    (check,) = examples(requirement("Fix the bug in the cart.", seed))
    assert (check.id, check.origin, check.clauses) == ("R_tests_test_cart", "repository", ())
    assert check.code == seed["tests/test_cart.py"]


@pytest.mark.parametrize(("locale", "words"), [("en", "not checked"), ("zh", "未检查")])
def test_the_traceability_table_shows_each_clause_with_its_checks(locale, words):
    given = requirement("The module `calc.py` has `add(a, b)`. `add(1, 2)` returns `3`. It is fast | small.")
    checks = examples(given)
    report = TestReport(candidate=0, revision=0, results=(CheckResult(check=checks[0].id, outcome="passed"),))
    table = trace(given, checks, judge(given, checks, report))
    assert [row.state for row in table.rows] == ["unchecked", "proved", "unchecked"]
    assert table.rows[1].quote == "`add(1, 2)` returns `3`."
    text = markdown(table, locale)
    assert words in text and "E_C2_1" in text and "fast \\| small" in text
