"""The documents of the planners: what the model says is kept to a form, what can be computed is computed."""

import json

import pytest
from skills_world import APP, CHINESE, perform, script, todo

from makery.kernel.documents import (
    ApiReview,
    FileNames,
    Interface,
    PlannedFile,
    PrdReview,
    Problem,
    ProductRequirements,
    Story,
    SystemDesign,
)
from makery.kernel.errors import MalformedOutput
from makery.skills.design_api_review import structural_problems

PRD = {
    "title": "To-do",
    "goals": ["Remember."],
    "stories": [{"text": "Adds.", "clauses": ["C1", "C2", "C3"]}],
    "assumptions": [],
    "out_of_scope": ["Sync."],
}
NO_PROBLEMS = '{"problems": []}'
PROBLEM = Problem(where="C2", what="no story names this clause", clause="C2")


def planned(path: str, *names: str, uses: tuple[str, ...] = ()) -> PlannedFile:
    interfaces = tuple(Interface(name=name, signature=f"{name}()") for name in names)
    return PlannedFile(path=path, purpose=f"purpose of {path}", interfaces=interfaces, depends_on=uses)


def design(*files: PlannedFile, revision: int = 0) -> SystemDesign:
    return SystemDesign(overview="o", files=files, revision=revision)


def drawn(path: str, *uses: str) -> dict[str, object]:
    interface = {"name": "f", "signature": "f(x)", "purpose": "p"}
    return {"path": path, "purpose": "does it", "interfaces": [interface], "depends_on": list(uses)}


def drawing(*files: dict[str, object], packages: tuple[str, ...] = ()) -> str:
    return json.dumps({"overview": "o", "files": files, "packages": packages})


FORMS = ["write_prd", "design_filenames", "design_api", "project_management", "analyze_dep_libs"]
OPINIONS = ["write_prd_review", "design_api_review", "write_code_review"]
INPUTS = {
    "write_prd_review": [ProductRequirements(title="t", goals=("g",), stories=())],
    "design_api": [FileNames(files=("main.py",))],
    "design_api_review": [design(planned("main.py"))],
    "project_management": [design(planned("main.py"))],
}


@pytest.mark.parametrize("skill", FORMS)
@pytest.mark.parametrize(
    "answer", ["", "Sure! Here it is.", '{"title": ', "[]", '{"problems": 1, "files": 1, "modules": 1}']
)
async def test_an_answer_out_of_form_is_malformed_and_never_half_a_document(skill: str, answer: str) -> None:
    from skills_world import code

    inputs = INPUTS.get(skill, [code(main="x")])
    with pytest.raises(MalformedOutput, match=skill):
        await perform(skill, todo(APP), *inputs, model=script(skill, answer))


@pytest.mark.parametrize("skill", OPINIONS)
async def test_a_review_out_of_form_ends_no_run_and_finds_nothing(skill: str) -> None:
    from skills_world import code

    inputs = INPUTS.get(skill, [code(main="x")])
    review = await perform(skill, todo(APP), *inputs, model=script(skill, "Looks good to me!"))
    assert all(problem.clause for problem in review.problems), "only what a program can see"


async def test_a_code_review_out_of_form_approves_nothing() -> None:
    from skills_world import code

    review = await perform(
        "write_code_review", todo(), code(todo="x"), model=script("write_code_review", "LGTM")
    )
    assert not review.approved


# ----------------------------------------------------------------------------------- PRD


async def test_a_prd_traces_its_stories_to_clauses() -> None:
    model = script("write_prd", json.dumps(PRD))
    prd = await perform("write_prd", todo(), model=model)
    assert prd == ProductRequirements(
        title="To-do",
        goals=("Remember.",),
        stories=(Story(text="Adds.", clauses=("C1", "C2", "C3")),),
        out_of_scope=("Sync.",),
    )
    user = model.calls[0].prompt.user
    assert "C2: `add TEXT` prints its number." in user
    assert "reviewer" not in user


async def test_a_second_draft_of_the_prd_is_asked_for_with_the_problems_of_the_first() -> None:
    model = script("write_prd", json.dumps(PRD))
    prd = await perform("write_prd", todo(), PrdReview(problems=(PROBLEM,), approved=False), model=model)
    assert prd.revision == 1
    assert "- C2: no story names this clause" in model.calls[0].prompt.user


async def test_a_prd_in_chinese_is_kept_as_it_is() -> None:
    chinese = {**PRD, "title": "待办", "goals": ["记住事情。"]}
    prd = await perform(
        "write_prd", todo(text=CHINESE), model=script("write_prd", json.dumps(chinese, ensure_ascii=False))
    )
    assert (prd.title, prd.goals) == ("待办", ("记住事情。",))


async def test_a_clause_that_no_story_names_fails_the_prd_whatever_the_reviewer_thinks() -> None:
    prd = ProductRequirements(
        title="t", goals=("g",), stories=(Story(text="s", clauses=("C1", "C3")),), revision=1
    )
    review = await perform("write_prd_review", todo(), prd, model=script("write_prd_review", NO_PROBLEMS))
    assert review == PrdReview(problems=(PROBLEM,), approved=False, revision=1)


async def test_opinions_about_a_prd_are_noted_and_do_not_stop_it() -> None:
    prd = ProductRequirements(title="t", goals=("g",), stories=(Story(text="s", clauses=("C1", "C2", "C3")),))
    answer = '{"problems": [{"clause": "", "what": "太短"}, {"clause": "C2", "what": "unclear"}]}'
    review = await perform("write_prd_review", todo(), prd, model=script("write_prd_review", answer))
    assert review.approved
    assert [(problem.where, problem.what) for problem in review.problems] == [
        ("PRD", "太短"),
        ("C2", "unclear"),
    ]


# -------------------------------------------------------------------------------- design


async def test_file_names_hold_the_required_ones_first_and_once() -> None:
    answer = json.dumps({"files": ["store.py", "./main.py", "util/text.py", "util/text.py"]})
    names = await perform("design_filenames", todo(APP), model=script("design_filenames", answer))
    assert names.files == ("main.py", "store.py", "util/text.py")


@pytest.mark.parametrize(
    "name",
    [
        "../x.py",
        "/etc/x.py",
        "a/../x.py",
        "a//b.py",
        "main",
        "src/",
        "主.exe",
        "",
        "x.py; rm",
        ".git/x.py",
        "C:\\x.py",
    ],
)
async def test_a_name_that_is_no_source_file_is_left_out(name: str) -> None:
    names = await perform(
        "design_filenames", todo(APP), model=script("design_filenames", json.dumps({"files": [name]}))
    )
    assert names.files == ("main.py", "store.py")


async def test_a_design_has_the_named_files_and_only_uses_among_them() -> None:
    answer = drawing(
        drawn("main.py", "store.py", "store.py", "main.py", "ghost.py"), drawn("ghost.py"), packages=("rich",)
    )
    made = await perform(
        "design_api", todo(APP), FileNames(files=("main.py", "store.py")), model=script("design_api", answer)
    )
    main, store = made.files
    assert (main.path, main.depends_on, main.interfaces[0].signature) == ("main.py", ("store.py",), "f(x)")
    assert store == PlannedFile(path="store.py", purpose="")
    assert made.packages == ("rich",)


async def test_without_file_names_a_design_is_of_the_required_files() -> None:
    made = await perform("design_api", todo(APP), model=script("design_api", drawing(drawn("main.py"))))
    assert [file.path for file in made.files] == ["main.py", "store.py"]


async def test_a_second_design_is_asked_for_with_the_problems_of_the_first() -> None:
    model = script("design_api", drawing(drawn("main.py")))
    review = ApiReview(problems=(Problem(where="depends_on", what="a circle"),), approved=False)
    assert (await perform("design_api", todo(APP), review, model=model)).revision == 1
    assert "- depends_on: a circle" in model.calls[0].prompt.user


def test_circles_and_names_defined_twice_are_found_by_program() -> None:
    circle = structural_problems(design(planned("a.py", uses=("b.py",)), planned("b.py", uses=("a.py",))))
    assert [problem.where for problem in circle] == ["depends_on"]
    assert "a.py -> b.py" in circle[0].what or "b.py -> a.py" in circle[0].what
    twice = structural_problems(design(planned("a.py", "save", "main"), planned("b.py", "save", "main")))
    assert twice == (Problem(where="b.py", what="save is defined in a.py as well"),)
    assert structural_problems(design(planned("a.py", "x", uses=("b.py",)), planned("b.py", "y"))) == ()


async def test_only_what_a_program_can_see_stops_a_design() -> None:
    opinion = '{"problems": [{"where": "main.py", "what": "may be slow"}]}'
    good = design(planned("main.py", "run"), revision=1)
    review = await perform("design_api_review", todo(APP), good, model=script("design_api_review", opinion))
    assert (review.approved, len(review.problems), review.revision) == (True, 1, 1)
    bad = design(planned("main.py", uses=("main.py",)))
    review = await perform(
        "design_api_review", todo(APP), bad, model=script("design_api_review", NO_PROBLEMS)
    )
    assert not review.approved


# ---------------------------------------------------------------------------------- plan


async def test_a_plan_puts_each_file_after_what_it_uses_whatever_order_the_model_gave() -> None:
    made = design(
        planned("main.py", uses=("store.py", "text.py")),
        planned("store.py", uses=("text.py",)),
        planned("text.py"),
    )
    answer = json.dumps({"tasks": [{"path": "main.py", "goal": "Start."}, {"path": "ghost.py", "goal": "?"}]})
    plan = await perform("project_management", todo(APP), made, model=script("project_management", answer))
    assert [task.path for task in plan.tasks] == ["text.py", "store.py", "main.py"]
    assert plan.tasks[2].goal == "Start."
    assert plan.tasks[0].goal == "purpose of text.py"
    assert plan.tasks[2].depends_on == ("store.py", "text.py")


async def test_a_design_that_goes_round_in_a_circle_still_gives_a_plan() -> None:
    made = design(planned("a.py", uses=("b.py",)), planned("b.py", uses=("a.py",)))
    answer = '{"tasks": [{"path": "a.py", "goal": "甲"}]}'
    plan = await perform("project_management", todo(APP), made, model=script("project_management", answer))
    assert {task.path: task.depends_on for task in plan.tasks} == {"a.py": (), "b.py": ()}


async def test_a_story_names_only_clauses_that_exist() -> None:
    story = {"text": "Adds.", "clauses": ["C1", "C9", "C2", "all"]}
    answer = json.dumps({**PRD, "stories": [story]})
    prd = await perform("write_prd", todo(APP), model=script("write_prd", answer))
    assert prd.stories[0].clauses == ("C1", "C2")
