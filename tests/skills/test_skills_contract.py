"""What holds for every skill: strict templates, shared beginnings, small closed forms, one registry."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from skills_world import APP, CHINESE, code, report, suite, todo

from makery import skills
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.documents import (
    ApiReview,
    CodeReview,
    FileNames,
    Interface,
    PlannedFile,
    PrdReview,
    Problem,
    ProductRequirements,
    Story,
    SystemDesign,
    Task,
    TaskPlan,
)
from makery.kernel.errors import ContractViolation
from makery.kernel.skill import Inputs, Skill
from makery.kernel.verdict import judge
from makery.prompting import load
from makery.roles.registry import BUILT_IN
from makery.skills import registry
from makery.skills.registry import load_skills

FOLDER = Path(inspect.getfile(skills)).parent
TEMPLATES = sorted(path.stem for path in FOLDER.glob("*.md"))
SOFTWARE = [name for name in TEMPLATES if name != "search_and_summarize"]
"""All that ask about the software to make: their prompts share their beginning."""
MOST_SCHEMA_CHARACTERS = 1800


def forms() -> Iterator[tuple[str, type[BaseModel]]]:
    for name in TEMPLATES:
        form = getattr(importlib.import_module(f"makery.skills.{name}"), "Form", None)
        if form is not None:
            yield name, form


def everything() -> Inputs:
    """One artifact of every kind that a skill of software making may be given."""
    requirement = todo(target=APP)
    tests = suite("C2.0", "C2.1")
    showed = report(C2_0="1 != 2", C2_1="")
    problem = Problem(where="somewhere", what="something")
    file = PlannedFile(
        path="main.py", purpose="start", interfaces=(Interface(name="main", signature="main()"),)
    )
    return Inputs(
        (
            requirement,
            ProductRequirements(title="To-do", goals=("g",), stories=(Story(text="s", clauses=("C1",)),)),
            PrdReview(problems=(problem,), approved=False),
            FileNames(files=("main.py", "store.py")),
            SystemDesign(overview="o", files=(file,)),
            ApiReview(problems=(problem,), approved=False),
            TaskPlan(tasks=(Task(path="main.py", goal="start"),)),
            code(main="x = 1", store="y = 2"),
            tests,
            CodeReview(candidate=0, revision=0, problems=(problem,), approved=False),
            showed,
            judge(requirement, tests.checks, showed),
        )
    )


def gathered(name: str, artifacts: Inputs) -> Any:
    act = Act(role="somebody", skill=name, options=(("check", "C2.0"), ("clause", "C2"), ("path", "main.py")))
    return load_skills()[name].gather(act, artifacts)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_shows_exactly_the_shown_fields_of_its_skill_s_input(name: str) -> None:
    shown = {field for field, info in load_skills()[name].takes().model_fields.items() if not info.exclude}
    assert load(str(FOLDER / f"{name}.py")).variables == shown


def test_every_template_belongs_to_a_skill_of_its_name() -> None:
    assert set(TEMPLATES) <= set(load_skills())


@pytest.mark.parametrize("name", sorted(load_skills()))
def test_a_skill_says_what_it_takes_makes_and_is_for(name: str) -> None:
    skill = load_skills()[name]
    assert skill.name == name
    assert issubclass(skill.produces(), Artifact)
    assert skill.purpose and "\n" not in skill.purpose and not skill.purpose.endswith(".")


@pytest.mark.parametrize("name", SOFTWARE)
def test_prompts_about_the_same_requirement_begin_alike_so_that_a_prefix_cache_serves_them(name: str) -> None:
    artifacts = everything()
    template = load(str(FOLDER / f"{name}.py"))
    prompt = template.render(gathered(name, artifacts), BUILT_IN[0])
    assert prompt.system == load(str(FOLDER / "write_code.py")).system.strip()
    assert prompt.user.startswith(f"<requirement>\n{artifacts.requirement.text}\n</requirement>\n")


@pytest.mark.parametrize("name", SOFTWARE)
def test_a_prompt_names_who_acts_and_has_no_hole_in_it(name: str) -> None:
    prompt = load(str(FOLDER / f"{name}.py")).render(gathered(name, everything()), BUILT_IN[0])
    assert "You are the product manager." in prompt.user
    assert "None" not in prompt.user and "\n\n\n\n" not in prompt.user


@pytest.mark.parametrize("name", [n for n in SOFTWARE if "locale" in load_skills()[n].takes().model_fields])
def test_documents_of_a_chinese_requirement_are_asked_for_in_chinese(name: str) -> None:
    chinese = Inputs((todo(APP, CHINESE), *everything()[1:]))
    template = load(str(FOLDER / f"{name}.py"))
    assert "中文" in template.render(gathered(name, chinese)).user
    assert "中文" not in template.render(gathered(name, everything())).user


@pytest.mark.parametrize(("name", "form"), list(forms()))
def test_the_form_of_an_answer_is_small_and_closed(name: str, form: type[BaseModel]) -> None:
    schema = form.model_json_schema()
    assert len(str(schema)) < MOST_SCHEMA_CHARACTERS
    assert list(open_places(schema, name)) == []


def open_places(schema: Any, place: str) -> Iterator[str]:
    """Where an answer could go on without an end: no length, no number of items, any property."""
    if isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from open_places(inner, f"{place}.{number}")
    if not isinstance(schema, dict):
        return
    bounds = {
        "string": ("maxLength", "enum", "const"),
        "array": ("maxItems",),
        "integer": ("maximum",),
        "object": ("properties",),
    }
    kind = schema.get("type")
    if isinstance(kind, str) and not any(bound in schema for bound in bounds.get(kind, ("type",))):
        yield f"{place}: {kind}"
    for key, inner in schema.items():
        yield from open_places(inner, f"{place}.{key}")


def plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, group: str, target: str, body: str) -> None:
    """Put a package with one entry point on the path."""
    module = target.partition(":")[0]
    (folder / f"{module}.py").write_text(body, encoding="utf-8")
    info = folder / f"{module}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {module}\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\nmine = {target}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, module, raising=False)


SKILL = """
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Answer
from makery.kernel.skill import Skill

class Mine(Skill[Frozen, Answer]):
    name = "{name}"
    purpose = "mine"
    def gather(self, act, artifacts): return Frozen()
    async def run(self, given, tools): return Answer(text="mine")

nothing = 3
"""


def test_an_installed_package_adds_a_skill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(tmp_path, monkeypatch, "makery.skills", "skills_plugin_a:Mine", SKILL.format(name="mine"))
    assert isinstance(load_skills()["mine"], Skill)
    assert len(load_skills()) == len(registry.BUILT_IN) + 1


def test_a_package_cannot_take_the_name_of_our_skill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(tmp_path, monkeypatch, "makery.skills", "skills_plugin_b:Mine", SKILL.format(name="judge_program"))
    with pytest.raises(ContractViolation, match=r"'judge_program'.*'skills_plugin_b:Mine'"):
        load_skills()


def test_an_entry_point_that_is_no_skill_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(tmp_path, monkeypatch, "makery.skills", "skills_plugin_c:nothing", SKILL.format(name="x"))
    with pytest.raises(ContractViolation, match=r"'skills_plugin_c:nothing' is no Skill"):
        load_skills()
