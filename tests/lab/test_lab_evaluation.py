"""`makery eval SUITE`: each task a real run, judged by tests it never saw, one line each."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_standins import DATA, HALVES, SHOUT, written
from typer.testing import Result

from makery.app.factory import Factory
from makery.kernel.completion import Completion, ModelCall
from makery.kernel.errors import (
    AuthenticationFailed,
    Interrupted,
    MalformedOutput,
    ModelUnavailable,
    ProviderUnavailable,
    SandboxUnavailable,
)
from makery.lab.evaluation import Evaluation
from makery.lab.line import Configuration, Line, append, public_name, read_lines
from makery.lab.plan import Plan
from makery.lab.provenance import provenance
from makery.lab.suites import suite

Makery = Callable[..., Result]
Make = Callable[..., Factory]

pytestmark = pytest.mark.sandboxed

OUT = "humaneval-direct.jsonl"
HUMANEVAL = ("eval", "humaneval", "--data", str(DATA), "--mode", "direct")
RIGHT = {"write_code": [written(HALVES), written(SHOUT)]}
"""The answers in the order of the tasks."""


def lines(path: Path | str = OUT) -> list[dict]:
    return [json.loads(text) for text in Path(path).read_text(encoding="utf-8").splitlines()]


def by_id(path: Path | str = OUT) -> dict[str, dict]:
    return {line["id"]: line for line in lines(path)}


def test_each_task_is_a_run_and_a_line_that_says_what_was_measured(makery: Makery) -> None:
    result = makery(*HUMANEVAL, answers={"write_code": [written(SHOUT), written(SHOUT)]})

    assert result.exit_code == 0, result.output
    found = by_id()
    right, wrong = found["HumanEval/900"], found["HumanEval/901"]
    assert right["solved"] is True and (right["passed"], right["total"]) == (3, 3)
    assert wrong["solved"] is False and wrong["failure"] == "interface"
    assert right["configuration"]["mode"] == "direct" and right["configuration"]["suite"] == "humaneval"
    assert right["tokens"]["completion"] > 0 and right["calls"] == 1
    assert len(right["prompts"]) == len(right["configuration"]["process"]) == 12
    assert right["verdict"] and right["run"] and right["makery"] and right["lines"] == 2
    assert "| 1 | humaneval direct embedded" in result.stdout
    assert "[2/2]" in result.stderr


def test_a_run_sees_the_requirement_and_nothing_of_the_tests(factory: Make, tmp_path: Path) -> None:
    made = factory(RIGHT)
    asyncio.run(evaluation(made, tmp_path).run())

    prompts = [call.prompt.user for call in made._parts.model.calls]  # type: ignore[attr-defined]
    assert len(prompts) == 2
    assert not [prompt for prompt in prompts if "candidate(" in prompt or "METADATA" in prompt]


def test_what_a_hidden_test_expects_is_not_in_the_results(makery: Makery) -> None:
    lower = "def shout(text):\n    return text.lower()\n"
    makery(*HUMANEVAL, "--ids", "HumanEval/900", answers={"write_code": [written(lower)]})

    assert by_id()["HumanEval/900"]["failed"][0] == {"test": "0", "failure": "wrong value", "message": ""}


def test_a_change_is_made_in_a_repository_of_its_own(makery: Makery, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)  # the work folder is in another one
    answers = {"write_code": [written("def total(prices):\n    return sum(prices)\n", "shop.py")]}
    result = makery(
        *("eval", "factorybench", "--data", str(DATA), "--mode", "direct", "--ids", "price_bug"),
        *("--out", "r.jsonl", "--work", "work"),
        answers=answers,
    )

    assert result.exit_code == 0, result.output
    assert by_id("r.jsonl")["price_bug"]["solved"] is True
    (repository,) = (tmp_path / "work").glob("*/price_bug-0")
    assert (repository / ".git").is_dir()


def test_an_existing_file_is_not_written_to_without_resume(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / OUT).write_text("", encoding="utf-8")
    result = makery(*HUMANEVAL)

    assert result.exit_code == 2 and "--resume" in result.stderr


def test_resume_does_only_what_is_missing(makery: Makery) -> None:
    makery(*HUMANEVAL, "--ids", "HumanEval/900", answers={"write_code": [written(SHOUT)]})
    result = makery(*HUMANEVAL, "--resume", answers={"write_code": [written(HALVES)]})

    assert result.exit_code == 0, result.output
    assert [line["id"] for line in lines()] == ["HumanEval/900", "HumanEval/901"]
    assert "2 (100.0 %)" in result.stdout


def test_resume_does_another_configuration_anew(makery: Makery) -> None:
    makery(*HUMANEVAL, "--ids", "HumanEval/900", answers={"write_code": [written(SHOUT)]})
    again = ("--ids", "HumanEval/900", "--resume", "--label", "other")
    makery(*HUMANEVAL, *again, answers={"write_code": [written(HALVES)]})

    assert [line["configuration"]["label"] for line in lines()] == ["", "other"]


def test_resume_takes_a_half_written_line_as_not_there(makery: Makery, tmp_path: Path) -> None:
    makery(*HUMANEVAL, answers=RIGHT)
    whole = (tmp_path / OUT).read_text(encoding="utf-8")
    (tmp_path / OUT).write_text(whole[:-40], encoding="utf-8")
    result = makery(*HUMANEVAL, "--resume", answers={"write_code": [written(SHOUT)]})

    assert result.exit_code == 0, result.output
    assert "2 (100.0 %)" in result.stdout


def test_a_file_that_holds_something_else_is_refused(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / OUT).write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    result = makery(*HUMANEVAL, "--resume")

    assert result.exit_code == 2 and "line 1" in result.stderr


def test_samples_are_runs_with_seeds_of_their_own(makery: Makery) -> None:
    answers = {"write_code": [written(SHOUT), written(HALVES)]}
    makery(*HUMANEVAL, "--ids", "HumanEval/900", "--samples", "2", "--seed", "5", answers=answers)

    assert [(line["sample"], line["solved"]) for line in lines()] == [(0, True), (1, False)]
    assert lines()[0]["configuration"]["seed"] == 5


@pytest.mark.parametrize("error", [MalformedOutput("no"), ProviderUnavailable("down")])
def test_the_error_of_one_task_is_recorded_and_the_suite_goes_on(makery: Makery, error: Exception) -> None:
    result = makery(*HUMANEVAL, answers={"write_code": [error, written(SHOUT)]})

    assert result.exit_code == 0, result.output
    first, second = lines()
    assert (first["solved"], first["failure"], first["error"]) == (False, "stopped", type(error).__name__)
    assert second["solved"] is True


def test_a_task_that_an_endpoint_failed_is_done_again_by_resume(makery: Makery) -> None:
    makery(*HUMANEVAL, answers={"write_code": [ProviderUnavailable("down"), written(SHOUT)]})
    result = makery(*HUMANEVAL, "--resume", answers={"write_code": [written(HALVES)]})

    assert len(lines()) == 3
    assert "2 (100.0 %)" in result.stdout


def test_what_stops_every_task_stops_the_suite(makery: Makery) -> None:
    result = makery(*HUMANEVAL, answers={"write_code": [AuthenticationFailed("wrong key"), written(SHOUT)]})

    assert result.exit_code == 5 and "wrong key" in result.stderr
    assert not Path(OUT).exists()


@pytest.mark.parametrize("error", [ModelUnavailable("no weights"), SandboxUnavailable("no sandbox")])
def test_without_a_model_or_a_sandbox_no_task_is_begun(makery: Makery, error: Exception) -> None:
    result = makery(*HUMANEVAL, broken=error)

    assert result.exit_code == 5 and error.args[0] in result.stderr
    assert not Path(OUT).exists()


def test_a_run_that_reaches_its_limit_is_judged_by_what_it_has(makery: Makery) -> None:
    result = makery(*HUMANEVAL, "--ids", "HumanEval/900", "--max-tokens", "5")

    line = by_id()["HumanEval/900"]
    assert result.exit_code == 0, result.output
    assert (line["error"], line["failure"]) == ("LimitReached", "stopped")


def test_every_limit_of_a_run_can_be_set_for_each_task(makery: Makery) -> None:
    limits = ("--max-calls", "9", "--max-usd", "1", "--max-minutes", "60", "--max-tokens", "100000")
    result = makery(*HUMANEVAL, "--ids", "HumanEval/900", *limits, answers=RIGHT)

    assert result.exit_code == 0, result.output
    chosen = by_id()["HumanEval/900"]["configuration"]
    assert (chosen["max_calls"], chosen["max_usd"], chosen["max_minutes"]) == (9, 1.0, 60.0)


def test_an_answer_that_was_cut_off_is_a_failure_of_its_own(makery: Makery) -> None:
    cut = Completion(text="```python\ndef shout(text:\n```", finish="length", model="m")
    makery(*HUMANEVAL, "--ids", "HumanEval/900", answers={"write_code": [cut, cut]})

    line = by_id()["HumanEval/900"]
    assert (line["failure"], line["solved"]) == ("cut off", False) and line["cut"] >= 1


def test_json_gives_the_promised_names(makery: Makery) -> None:
    (facts,) = json.loads(makery(*HUMANEVAL, "--json", answers=RIGHT).stdout)

    assert facts["solved"] == facts["tasks"] == 2
    assert {
        "fraction",
        "tokens_per_solved",
        "verdict_precision",
        "verdict_recall",
        "failures",
    } <= facts.keys()


def plan(tmp_path: Path, jobs: int = 1) -> Plan:
    told = provenance()
    return Plan(
        configuration=Configuration(suite="humaneval", mode="direct", model="m", process=told.process),
        tasks=suite("humaneval").tasks(DATA),
        provenance=told,
        model="embedded",
        out=tmp_path / OUT,
        work=tmp_path / "work",
        jobs=jobs,
    )


def evaluation(factory: Factory, tmp_path: Path, jobs: int = 1) -> Evaluation:
    return Evaluation(factory, plan(tmp_path, jobs))


def test_an_interruption_keeps_finished_tasks_and_nothing_else(factory: Make, tmp_path: Path) -> None:
    async def conduct() -> None:
        begun = asyncio.Event()

        async def delay(call: ModelCall) -> None:
            if "`halves`" not in call.prompt.user:
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(evaluation(factory(RIGHT, delay=delay), tmp_path).run())
        await begun.wait()
        task.cancel()
        await task

    with pytest.raises(Interrupted, match="--resume"):
        asyncio.run(conduct())
    assert [line["id"] for line in lines(tmp_path / OUT)] == ["HumanEval/901"]


def test_jobs_are_worked_on_at_the_same_time(factory: Make, tmp_path: Path) -> None:
    async def conduct() -> None:
        both = asyncio.Barrier(2)
        await evaluation(factory(RIGHT, delay=lambda _: both.wait()), tmp_path, jobs=2).run()

    asyncio.run(conduct())
    assert len(lines(tmp_path / OUT)) == 2


def test_results_name_no_address_and_no_folder() -> None:
    assert public_name("gpt@http://user:secret@host/v1") == "custom/gpt"
    assert public_name("/home/me/models/own.gguf") == "own.gguf"
    assert public_name("embedded/qwen2.5-coder-1.5b") == "embedded/qwen2.5-coder-1.5b"


def test_of_lines_with_one_key_the_last_counts(factory: Make, tmp_path: Path) -> None:
    asyncio.run(evaluation(factory(RIGHT), tmp_path).run())
    (first, second) = read_lines([tmp_path / OUT])
    append(tmp_path / OUT, first.model_copy(update={"solved": False}))

    found = {line.id: line.solved for line in read_lines([tmp_path / OUT])}
    assert found == {first.id: False, second.id: True}
    assert all(isinstance(line, Line) for line in (first, second))
