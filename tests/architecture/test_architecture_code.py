"""House rules about the code itself, which a stranger can rely on."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import makery
from makery.kernel.skill import Skill
from makery.prompting import load

PACKAGE = Path(makery.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted((PACKAGE / "skills").glob("*.md"))
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
ANNOTATED = 0.99

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[Function]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def place(file: Path, node: ast.stmt | ast.ExceptHandler) -> str:
    return f"{file.relative_to(PACKAGE)}:{node.lineno}"


def test_no_module_is_longer_than_a_reader_s_patience() -> None:
    lengths = {
        str(file.relative_to(PACKAGE)): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    assert [
        f"{place(file, node)} {node.name}"
        for file in FILES
        for node in functions(file)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ] == []


def is_annotated(function: Function) -> bool:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    named += [argument for argument in (given.vararg, given.kwarg) if argument]
    return function.returns is not None and all(
        argument.annotation or argument.arg in ("self", "cls") for argument in named
    )


def test_nearly_all_functions_are_fully_annotated() -> None:
    every = [(file, node) for file in FILES for node in functions(file)]
    bare = [f"{place(file, node)} {node.name}" for file, node in every if not is_annotated(node)]
    assert len(bare) <= (1 - ANNOTATED) * len(every), bare


def is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)


def test_a_broad_except_raises_again() -> None:
    """Except in the harness inside the sandbox, to which what a program raises is what it does."""
    handlers = [
        (file, node)
        for file in FILES
        if "harness" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
    ]
    hiding = [
        place(file, node)
        for file, node in handlers
        if is_broad(node) and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert hiding == []


def test_no_settings_are_read_below_the_app() -> None:
    above = ("app", "interfaces")
    reading = [
        place(file, node)
        for file in FILES
        if file.relative_to(PACKAGE).parts[0] not in above
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    ]
    assert reading == []


def skills_of(template: Path) -> list[type[Skill[Any, Any]]]:
    module = importlib.import_module(f"makery.skills.{template.stem}")
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Skill) and found.__module__ == module.__name__
    ]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_s_variables_are_the_fields_of_its_skill_s_input(template: Path) -> None:
    (skill,) = skills_of(template)
    shown = {name for name, field in skill.takes().model_fields.items() if not field.exclude}
    assert load(str(template.with_suffix(".py"))).variables == shown


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_skill_is_called_like_its_module(template: Path) -> None:
    (skill,) = skills_of(template)
    assert skill.name == template.stem
    assert skill.purpose
