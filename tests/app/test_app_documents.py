"""Artifacts become Markdown in the user's language, and whatever a model wrote stays data."""

import pytest

from makery.app.artifacts import read_artifact, record_of
from makery.app.documents import files_of, table
from makery.app.words import words_of
from makery.kernel.documents import (
    Check,
    CodeReview,
    Interface,
    PlannedFile,
    Problem,
    ProductRequirements,
    Story,
    SystemDesign,
    Task,
    TaskPlan,
    TestSuite,
)
from makery.kernel.errors import InputError

PRD = ProductRequirements(
    title="To-do", goals=("Remember things",), stories=(Story(text="Add an item", clauses=("C1",)),)
)


def test_both_languages_have_the_same_words() -> None:
    assert words_of("en").keys() == words_of("zh").keys()


def test_a_prd_shows_its_stories_with_their_clauses() -> None:
    text = files_of(PRD, words_of("en"))[".makery/docs/prd.md"]

    assert text.startswith("# Product requirements: To-do\n")
    assert "- Add an item (clauses: C1)" in text


def test_a_prd_of_a_chinese_requirement_has_chinese_headings() -> None:
    assert "# 产品需求" in files_of(PRD, words_of("zh"))[".makery/docs/prd.md"]


def test_design_plan_and_reviews_have_a_file_each() -> None:
    design = SystemDesign(
        overview="One file.",
        files=(PlannedFile(path="a.py", purpose="all", interfaces=(Interface(name="f", signature="f()"),)),),
    )
    review = CodeReview(
        candidate=1, revision=2, problems=(Problem(where="a.py", what="slow"),), approved=False
    )
    plan = TaskPlan(tasks=(Task(path="a.py", goal="write it"),))

    names = [name for artifact in (design, review, plan) for name in files_of(artifact, words_of("en"))]

    assert names == [
        ".makery/docs/design.md",
        ".makery/docs/code_review_1_2.md",
        ".makery/docs/plan.md",
    ]


def test_each_check_is_a_file_that_names_its_clauses() -> None:
    suite = TestSuite(checks=(Check(id="C1.0.1", clauses=("C1",), code="def test_a():\n    assert 1"),))

    files = files_of(suite, words_of("en"))

    assert list(files) == [".makery/checks/test_C1_0_1.py"]
    compile(files[".makery/checks/test_C1_0_1.py"], "check", "exec")


def test_a_table_cell_cannot_break_its_table() -> None:
    assert list(table(["a"], [["x | y\nz"]]))[-1] == "| x \\| y z |"


def test_an_artifact_survives_being_written_and_read() -> None:
    import json

    assert read_artifact(json.dumps(record_of(PRD))) == PRD
    assert read_artifact(json.dumps({"run_id": "r", "artifact": record_of(PRD)})) == PRD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[]", "no kind"),
        ('{"kind": "Nonsense", "data": {}}', "Nonsense"),
        ('{"kind": "TaskPlan", "data": {"tasks": 3}}', "tasks"),
    ],
)
def test_an_unusable_artifact_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_artifact(text)
