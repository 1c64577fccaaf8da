"""Scenarios: checks of command-line programs in a form that a grammar can enforce."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

Line = Annotated[str, Field(max_length=200)]
"""Bounded: a grammar lets a weak model go on in an open string until the cap."""


class InputFile(BaseModel):
    name: str = Field(max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")
    content: str = Field(max_length=600)


class Step(BaseModel):
    """One run of the program."""

    args: list[Line] = Field(max_length=8)
    stdin: str = Field(default="", max_length=300)
    stdout: list[Line] = Field(max_length=10)
    exit_code: int = Field(ge=0, le=9)


class Scenario(BaseModel):
    files: list[InputFile] = Field(default=[], max_length=2)
    steps: list[Step] = Field(min_length=1, max_length=3)


class Form(BaseModel):
    scenarios: list[Scenario] = Field(min_length=1, max_length=1)


def scenario_codes(scenario: Scenario, name: str, *, keeps_state: bool) -> list[str]:
    """The scenario as test functions that use the harness's `run` fixture.

    Runs of a program that keeps nothing are checks of their own: a wrong one then takes no right one along.
    """
    if keeps_state or len(scenario.steps) == 1:
        return [_code(scenario.files, scenario.steps, name)]
    return [_code(scenario.files, [step], f"{name}_{n}") for n, step in enumerate(scenario.steps, start=1)]


def _code(files: Sequence[InputFile], steps: Sequence[Step], name: str) -> str:
    body = [f"    Path({file.name!r}).write_text({file.content!r}, encoding='utf-8')" for file in files]
    for step in steps:
        stdin = [f"stdin={step.stdin!r}"] if step.stdin else []
        arguments = ", ".join([*map(repr, _without_start(step.args)), *stdin])
        body += [
            f"    r = run({arguments})",
            f"    assert r.lines == {_lines(step.stdout)!r}",
            f"    assert r.code == {step.exit_code}",
        ]
    head = ["from pathlib import Path", "", ""] if files else []
    return "\n".join([*head, f"def {name}(run):", *body]) + "\n"


def _without_start(args: list[str]) -> list[str]:
    """Arguments without `python todo.py`, which models like to repeat."""
    rest = args[1:] if args[:1] and args[0] in ("python", "python3") else args
    return rest[1:] if rest[:1] and rest[0].endswith(".py") else rest


def _lines(stdout: list[str]) -> list[str]:
    """One entry a line, however the model split them."""
    return [line for text in stdout for line in (text.splitlines() or [text])]
