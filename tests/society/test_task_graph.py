"""A controller plans parts, each goes to a specialist, parts that need nothing of each other run together."""

import json

import pytest
from society_world import prompts, run, wants

from makery.kernel.absent import Nobody
from makery.kernel.completion import ModelCall, Prompt, Purpose
from makery.kernel.dialogue import TaskGraph
from makery.llm.role_models import RoleModels
from makery.teams.seats import member
from makery.teams.task_graph import controller, task_graph
from makery.testing import ScriptedModel
from makery.tools.tool import function_tool
from makery.tools.toolset import ToolBelt

WRITER = member("writer", "You write.", model="big/one")
COUNTER = member("counter", "You count.", tools=("count",))


def count(text: str) -> int:
    """Count the letters of a text."""
    return len(text)


def plan(*parts: tuple[str, list[int]]) -> str:
    return json.dumps({"parts": [{"part": text, "needs": needs} for text, needs in parts]})


def picks(name: str) -> str:
    return json.dumps({"reason": "r", "choice": name})


def test_parts_go_to_specialists_with_the_results_that_they_need_and_no_others() -> None:
    seen: dict[str, str] = {}

    def answer(call: ModelCall) -> str:
        part = next(p for p in ("Part A", "Part B", "Part C", "Whole") if f"\n{p}\n" in call.prompt.user)
        seen[part] = call.prompt.user
        return f"done {part}"

    answers = {
        "plan_graph": [plan(("Part A", []), ("Part B", []), ("Part C", [1]))],
        "choose": [picks("writer")] * 3,
        "speak": [answer] * 4,
    }
    done = run(task_graph(controller(), WRITER, COUNTER), answers, task="Whole")
    assert "done Part A" in seen["Part C"] and "done Part B" not in seen["Part C"]
    assert "done Part B" in seen["Whole"] and done.ending.text == "done Whole"
    assert "writer: You write. Model: big/one." in prompts(done.model)[1]


def test_a_specialist_uses_its_tools_while_others_work() -> None:
    answers = {
        "plan_graph": [plan(("Count it", []))],
        "choose": [picks("counter")],
        "speak": [wants(("count", {"text": "tea"})), "It has 3.", "3 letters."],
    }
    belt = ToolBelt([function_tool(count, safe=True)], people=Nobody())
    done = run(task_graph(controller(), WRITER, COUNTER), answers, toolset=belt)
    assert done.ending.text == "3 letters." and "counter: It has 3." in prompts(done.model)[-1]


def test_a_plan_with_circles_or_none_at_all_can_be_worked_off() -> None:
    answers = {
        "plan_graph": [plan(("One", [2]), ("Two", [1, 2, 9]))],
        "choose": [picks("writer")] * 2,
        "speak": ["1", "2", "all"],
    }
    done = run(task_graph(controller(), WRITER, COUNTER), answers)
    (graph,) = done.pool.artifacts(TaskGraph)
    assert [part.needs for part in graph.parts] == [(), (1,)]

    broken = {"plan_graph": ["no json"], "choose": [picks("writer")], "speak": ["it", "all"]}
    assert run(task_graph(controller(), WRITER, COUNTER), broken).ending.reason == "1 parts are done"


async def test_each_role_is_answered_by_its_own_model() -> None:
    usual, own = ScriptedModel({"speak": ["usual"]}), ScriptedModel({"speak": ["own"]})
    models = RoleModels(usual, {"writer": own})

    def call(role: str) -> ModelCall:
        return ModelCall(prompt=Prompt(system="", user="x"), purpose=Purpose(role=role, skill="speak"))

    assert (await models.complete(call("writer"))).text == "own"
    assert (await models.complete(call("other"))).text == "usual"
    usual.assert_finished()
    own.assert_finished()


@pytest.mark.parametrize("name", ["task_graph", "town", "werewolf", "interpreter"])
def test_the_team_of_that_name_can_work(name: str) -> None:
    from makery.app.societies import find_team
    from makery.skills.registry import load_skills
    from makery.teams.team_build import build_team
    from makery.teams.team_check import check_team
    from makery.teams.team_file import read_team
    from makery.tools.builtin import BUILT_IN

    team = read_team(find_team(name))
    check_team(team, load_skills(), BUILT_IN)
    assert {role.name for role in build_team(team, load_skills()).roles} >= set(team.roles)
