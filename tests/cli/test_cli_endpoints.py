"""An endpoint that misbehaves in any way is told in a sentence, with the right exit status, and soon."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from openai_standin import Fault, serving
from typer.testing import Result

pytestmark = pytest.mark.sandboxed

REQUIREMENT = "Write a Python module `double.py` with a function `double(x)` that returns twice x."
Build = Callable[..., Result]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("garbage", "not"),
        ("half json", "not"),
        ("nothing", ""),
        ("hang", "2.5 s"),
        ("hang midway", "2.5 s"),
    ],
)
def test_an_endpoint_that_answers_nothing_usable_exits_5(build: Build, fault: Fault, told: str) -> None:
    with serving(lambda _: "", fault=fault) as server:
        result = build(server.model, REQUIREMENT)

    facts = json.loads(result.stdout)
    assert result.exit_code == 5, result.stderr
    assert facts["exit_status"] == 5 and facts["verdict"] == "not verified"
    assert told in facts["message"] and "stand-in" in facts["message"]
    assert facts["continue_with"] in result.stderr
    assert "Traceback" not in result.stderr
    assert len(server.prompts) == 2, "it is asked again once"


@pytest.mark.parametrize(("status", "told"), [(429, "slow"), (500, "500"), (503, "503")])
def test_an_endpoint_that_keeps_failing_exits_5(build: Build, status: int, told: str) -> None:
    with serving(lambda _: "", status) as server:
        result = build(server.model, REQUIREMENT)

    facts = json.loads(result.stdout)
    assert result.exit_code == 5, result.stderr
    assert told in facts["message"]
    assert len(server.prompts) == 2, "it is asked again once"
    assert "Traceback" not in result.stderr


def test_the_time_limit_ends_a_run_whose_endpoint_hangs(build: Build) -> None:
    with serving(lambda _: "", fault="hang") as server:
        result = build(server.model, REQUIREMENT, "--max-minutes", "0.005")

    facts = json.loads(result.stdout)
    assert result.exit_code == 4, result.stderr
    assert "--max-minutes" in facts["continue_with"]


def test_a_model_that_says_nothing_exits_5_after_it_was_asked_differently(build: Build) -> None:
    with serving(lambda _: "") as server:
        result = build(server.model, REQUIREMENT)

    assert result.exit_code == 5, result.stderr
    assert "answered nothing" in json.loads(result.stdout)["message"]
    assert len(server.prompts) > 1


@pytest.mark.parametrize("text", ["I am sorry, I cannot do that.", "```python\ndef double(x:\n```", "{}"])
def test_a_model_that_writes_no_program_is_delivered_as_not_verified(build: Build, text: str) -> None:
    with serving(lambda _: text) as server:
        result = build(server.model, REQUIREMENT)

    facts = json.loads(result.stdout)
    assert result.exit_code == 3, result.stderr
    assert facts["verdict"] == "not verified"
    assert Path("out/.makery/report.md").is_file()
