"""Programs are compared by calls near those of their checks."""

import pytest

from makery.kernel.documents import Check, CheckResult
from makery.verify.probes import LONGEST_CALL, MOST_PROBES, answer, names_errors, probes


def check(*lines: str, head: str = "from calc import add\n") -> Check:
    body = "".join(f"    {line}\n" for line in lines)
    return Check(id="C1.0.1", clauses=("C1",), code=f"{head}\n\ndef test_c1():\n{body}")


def calls(*lines: str, head: str = "from calc import add\n") -> list[str]:
    return [probe.id for probe in probes([check(*lines, head=head)])]


def test_the_calls_of_the_checks_come_first_then_calls_with_one_argument_changed():
    found = calls("assert add(2, 'ab') == 1", "assert add(5, '') == 2")
    assert found[:2] == ["add(2, 'ab')", "add(5, '')"]
    assert {"add(3, 'ab')", "add(-2, 'ab')", "add(2, 'ba')", "add(2, '')"} <= set(found)


def test_a_probe_imports_what_it_calls_and_keeps_what_comes_out():
    probe = probes([check("assert add(2) == 1")])[0]
    assert probe.code == "def test_probe(observe):\n    from calc import add\n    observe(lambda: add(2))\n"


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("assert add(x) == 1", "from calc import add\n"),
        ("assert len([1]) == 1", "from calc import *\n"),
        ("assert add(2) == 1", "import pytest\n"),
        ("assert add(2, key=3) == 1", "from calc import add\n"),
    ],
    ids=["variable", "builtin", "not imported", "keyword"],
)
def test_only_functions_of_the_program_with_literal_arguments_are_probed(line, head):
    assert calls(line, head=head) == []


def test_probes_are_few_and_short():
    found = calls(*(f"assert add({n}, {list(range(n))}) == 1" for n in range(40)), "assert add('x' * 2) == 1")
    assert len(found) == MOST_PROBES
    assert all(len(call) <= LONGEST_CALL for call in calls(f"assert add({'x' * 200!r}) == 1"))


@pytest.mark.parametrize(
    ("observed", "outcome", "errors", "expected"),
    [
        ("3", "passed", False, "3"),
        ("'raises'", "passed", False, "'raises'"),
        ("raises KeyError", "passed", True, "raises KeyError"),
        ("raises KeyError", "passed", False, ""),
        ("", "timeout", True, "timeout"),
        ("", "timeout", False, ""),
    ],
)
def test_an_error_is_an_answer_only_where_the_requirement_speaks_of_errors(
    observed, outcome, errors, expected
):
    result = CheckResult(check="add(2)", outcome=outcome, observed=observed)
    assert answer(result, errors=errors) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`pop` raises an IndexError when it is empty.", True),
        ("An invalid date is refused.", True),
        ("空列表时抛出异常。", True),
        ("Return the sum of two numbers.", False),
        ("Praise the winner in the terror of the night.", False),
    ],
)
def test_whether_a_requirement_speaks_of_errors(text, named):
    assert names_errors(text) is named
