"""The checks of all clauses in one answer: each is counted for the sentence that its name says."""

from skills_world import CLI, MODULE, code, perform, script, todo

from makery.skills.write_test_suite import MOST_CHECKS

ANSWER = """```python
def test_c2_adds(run):
    assert run("add", "milk").lines == ["1"]

def test_c2_adds_two(run):
    assert run("add", "milk").code == 0

def test_c3(run):
    assert run("list").lines == []

def test_c12_is_no_clause_here(run):
    assert run("x").code == 0

def test_of_nothing(run):
    assert run("x").code == 0
```"""


async def test_each_check_belongs_to_the_sentence_in_its_name() -> None:
    model = script("write_test_suite", ANSWER)
    made = await perform("write_test_suite", todo(CLI), code(todo="SECRET = 1"), model=model)
    found = [(check.id, check.clauses) for check in made.checks]
    assert found == [("C2.0.1", ("C2",)), ("C2.0.2", ("C2",)), ("C3.0.1", ("C3",))]
    assert all(check.code.count("def test_c") == 1 for check in made.checks)
    user = model.calls[0].prompt.user
    assert '<sentence id="C2">`add TEXT` prints its number.</sentence>' in user
    assert "SECRET" not in user


async def test_a_module_s_names_are_there_without_an_import() -> None:
    answer = "```python\ndef test_c2():\n    assert add(1) == 1\n```"
    made = await perform("write_test_suite", todo(MODULE), model=script("write_test_suite", answer))
    assert made.checks[0].code.startswith("import pytest\nfrom stack import *\n")


async def test_a_sentence_has_few_checks_and_no_usable_one_is_said() -> None:
    many = "\n".join(f"def test_c2_{n}(run):\n    assert run('x').code == {n}\n" for n in range(9))
    made = await perform(
        "write_test_suite", todo(CLI), model=script("write_test_suite", f"```python\n{many}```")
    )
    assert len(made.checks) == MOST_CHECKS
    none = await perform("write_test_suite", todo(CLI), model=script("write_test_suite", "I cannot do this."))
    assert (none.checks, none.plan) == ((), "no usable check was written")
