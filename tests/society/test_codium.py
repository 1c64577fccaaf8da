"""The flow of AlphaCodium: thoughts first, then examples, then more checks; passed checks are never lost."""

import asyncio
import json
from dataclasses import replace

from society_world import prompts, run

from makery.durable.inline import InlineEngine
from makery.kernel.dialogue import Ending
from makery.kernel.documents import Check, CheckResult, SourceCode, TestReport
from makery.kernel.message import USER, Message
from makery.kernel.pool import Pool
from makery.kernel.scheduler import Scheduler
from makery.teams.codium import codium
from makery.testing import FakeVerifier, ListSink, ScriptedModel, requirement_of, toolbox

EXAMPLE = Check(
    id="E1", clauses=("C1",), code="def test_example():\n    assert twice(2) == 4", origin="requirement"
)
IDEAS = json.dumps({"ideas": ["add it to itself", "multiply"]})
SCENARIO = json.dumps({"scenarios": [{"steps": [{"args": ["x"], "stdout": ["y"], "exit_code": 0}]}]})


def program(*right: str) -> str:
    return "main.py\n```python\n" + "\n".join(f"# ok:{name}" for name in right) + "\nprint()\n```"


def examine(requirement, given, checks) -> TestReport:
    """A check passes if the program says so of itself: `ok:E1` for the example, `ok:C1` for added ones."""
    text = "\n".join(given.as_mapping().values())
    results = tuple(
        CheckResult(
            check=check.id,
            outcome="passed"
            if f"ok:{check.id if check.id == 'E1' else check.clauses[0]}" in text
            else "failed",
            message="no",
        )
        for check in checks
    )
    return TestReport(candidate=given.candidate, revision=given.revision, results=results)


def solved(answers: dict[str, list[str]], **options: int) -> tuple[Ending, Pool, ScriptedModel]:
    thoughts = {
        "reflect_problem": ["Double a number."],
        "reason_on_tests": ["2 gives 4."],
        "propose_solutions": [IDEAS],
        "choose": ['{"reason": "r", "choice": "2"}'],
    }
    model = ScriptedModel({**thoughts, **answers})
    tools = toolbox(model, verifier=FakeVerifier(examine, examples=[EXAMPLE]))
    start = Message(id="s", sender=USER, artifact=requirement_of("The program doubles a number."))
    pool = Pool((start,))
    asyncio.run(Scheduler(codium(**options), pool, tools, InlineEngine(), ListSink(), run="r").run())
    model.assert_finished()
    ending = pool.latest(Ending)
    assert ending is not None
    return ending, pool, model


def test_thoughts_come_first_and_go_into_the_code_s_prompt() -> None:
    ending, _, model = solved({"write_solution": [program("E1", "C1")], "write_test": [SCENARIO]})
    (prompt,) = (call.prompt.user for call in model.calls_of("write_solution"))
    for part in ("Double a number.", "2 gives 4.", "Follow this idea: multiply", "assert twice(2) == 4"):
        assert part in prompt
    assert (ending.outcome, ending.reason) == ("done", "2 of 2 checks pass")


def test_the_next_idea_is_tried_where_repairs_do_not_help() -> None:
    wrong = "```python\n# still wrong\n```"
    ending, _, model = solved(
        {
            "write_solution": [program(), program("E1", "C1")],
            "debug_error": [wrong],
            "write_test": [SCENARIO],
        },
        repairs=1,
    )
    assert "Follow this idea: add it to itself" in model.calls_of("write_solution")[1].prompt.user
    assert ending.outcome == "done" and "ok:C1" in ending.text


def test_a_repair_that_loses_a_passed_check_is_thrown_away() -> None:
    loses = "main.py\n```python\n# ok:C1\n```"
    ending, pool, _ = solved(
        {
            "write_solution": [program("E1")],
            "debug_error": [loses.replace("main.py\n", "")],
            "write_test": [SCENARIO],
        },
        repairs=1,
    )
    assert len(pool.artifacts(SourceCode)) == 2
    assert "ok:E1" in ending.text


def test_without_any_working_program_it_stops_and_says_how_far_it_came() -> None:
    ending, _, _ = solved(
        {"write_solution": [program(), program()], "debug_error": ["x"] * 3, "write_test": [SCENARIO]},
        repairs=1,
    )
    assert (ending.outcome, ending.reason) == ("stopped", "0 of 2 checks pass")


__all__ = ["prompts", "replace", "run"]
