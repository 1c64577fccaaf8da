"""Roles are data that fits the skills there are; packages may replace them."""

import sys
from pathlib import Path

import pytest

from makery.kernel.artifact import Artifact
from makery.kernel.errors import ContractViolation
from makery.kernel.role import Role
from makery.prompting import persona
from makery.roles.registry import BUILT_IN, load_roles
from makery.skills.registry import load_skills

NAMES = ["product_manager", "architect", "project_manager", "engineer", "qa_engineer"]
FROM_THE_USER = {"Requirement"}


def plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, body: str) -> None:
    """Put a package whose entry point of `makery.roles` is its `ROLE` on the path."""
    (folder / f"{module}.py").write_text(body, encoding="utf-8")
    info = folder / f"{module}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {module}\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[makery.roles]\nmine = {module}:ROLE\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, module, raising=False)


def test_the_company_has_five_roles() -> None:
    assert list(load_roles()) == NAMES
    assert all(type(role) is Role for role in BUILT_IN)


@pytest.mark.parametrize("role", BUILT_IN, ids=lambda role: role.name)
def test_a_role_has_only_skills_that_exist(role: Role) -> None:
    assert role.skills
    assert set(role.skills) <= set(load_skills())


@pytest.mark.parametrize("role", BUILT_IN, ids=lambda role: role.name)
def test_a_role_watches_only_kinds_that_some_skill_or_the_user_makes(role: Role) -> None:
    made = {skill.produces().kind() for skill in load_skills().values()}
    assert role.watches
    assert set(role.watches) <= made | FROM_THE_USER


def test_every_skill_of_software_making_belongs_to_a_role() -> None:
    software = {
        name
        for name, skill in load_skills().items()
        if not type(skill).__module__.startswith("makery.skills.society")
    }
    assert {skill for role in BUILT_IN for skill in role.skills} == software


@pytest.mark.parametrize("role", BUILT_IN, ids=lambda role: role.name)
def test_a_role_is_introduced_in_a_few_whole_sentences(role: Role) -> None:
    said = persona(role)
    assert said.startswith(f"You are the {role.title}. ")
    assert said.endswith(".") and len(said) < 300


def test_a_role_is_data_that_can_be_written_down_and_read_back() -> None:
    for role in BUILT_IN:
        assert Role.model_validate_json(role.model_dump_json()) == role


def test_the_author_of_the_checks_never_writes_code_and_the_engineer_never_checks() -> None:
    roles = load_roles()
    assert not {"write_code", "debug_error"} & set(roles["qa_engineer"].skills)
    assert not {"write_test", "arbitrate_check", "judge_program"} & set(roles["engineer"].skills)


def test_a_package_replaces_a_role_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(
        tmp_path,
        monkeypatch,
        "roles_plugin_a",
        "from makery.roles.engineer import ENGINEER\n"
        "ROLE = ENGINEER.model_copy(update={'goal': 'Short code.'})\n",
    )
    roles = load_roles()
    assert roles["engineer"].goal == "Short code."
    assert list(roles) == NAMES


def test_a_package_adds_a_role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(
        tmp_path,
        monkeypatch,
        "roles_plugin_b",
        "from makery.kernel.role import Role\n"
        "ROLE = Role(name='critic', title='critic', goal='g', watches=('SourceCode',), skills=())\n",
    )
    assert list(load_roles()) == [*NAMES, "critic"]


def test_an_entry_point_that_is_no_role_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(tmp_path, monkeypatch, "roles_plugin_c", "ROLE = {'name': 'engineer'}\n")
    with pytest.raises(ContractViolation, match=r"'roles_plugin_c:ROLE' of makery.roles is no Role"):
        load_roles()


def test_what_roles_watch_can_be_rebuilt_from_the_ledger() -> None:
    for role in BUILT_IN:
        for kind in role.watches:
            with pytest.raises(ValueError, match="validation error"):
                Artifact.load(kind, {"no such field": 1})
