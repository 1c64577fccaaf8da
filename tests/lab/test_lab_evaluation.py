"""`makery eval SUITE`: each task a real run, judged by tests it never saw, one line each."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_standins import DATA, HALVES, SHOUT, written
from typer.testing import Result

from makery.kernel.errors import AuthenticationFailed, MalformedOutput, ProviderUnavailable

Makery = Callable[..., Result]

pytestmark = pytest.mark.sandboxed

HUMANEVAL = ("eval", "humaneval", "--data", str(DATA), "--mode", "direct")


def lines(path: Path | str = "humaneval-direct.jsonl") -> list[dict]:
    return [json.loads(text) for text in Path(path).read_text(encoding="utf-8").splitlines()]


def by_id(path: Path | str = "humaneval-direct.jsonl") -> dict[str, dict]:
    return {line["id"]: line for line in lines(path)}


def test_each_task_is_a_run_and_a_line_that_says_what_was_measured(makery: Makery, tmp_path: Path) -> None:
    answers = {"write_code": [written(SHOUT), written(SHOUT)]}
    result = makery(*HUMANEVAL, answers=answers)

    assert result.exit_code == 0, result.output
    found = by_id()
    right, wrong = found["HumanEval/900"], found["HumanEval/901"]
    assert right["solved"] is True and (right["passed"], right["total"]) == (3, 3)
    assert wrong["solved"] is False and wrong["failure"] == "interface"
    assert right["configuration"]["mode"] == "direct" and right["configuration"]["suite"] == "humaneval"
    assert right["tokens"]["completion"] > 0 and right["calls"] == 1
    assert len(right["prompts"]) == len(right["configuration"]["process"]) == 12
    assert right["verdict"] and right["run"] and right["makery"]
    assert "| 1 | humaneval direct embedded" in result.stdout
    assert "[2/2]" in result.stderr
