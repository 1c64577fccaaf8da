"""Loops forced on every protocol that has a guard, and whether each was ended as it should be."""

import json
from collections.abc import Callable

from society_world import Persons, Society, run, wants

from makery.kernel.cells import CellEnd
from makery.skills.registry import load_skills
from makery.teams.code_act import code_act
from makery.teams.goal_loop import goal_loop
from makery.teams.group_chat import group_chat
from makery.teams.interpreter import Session, interpreter
from makery.teams.notes import note
from makery.teams.react import react
from makery.teams.role_play import Play, player, role_play
from makery.teams.seats import Seat, member
from makery.teams.stops import says
from makery.teams.task_list import task_list
from makery.teams.team_build import build_team
from makery.teams.team_file import parse_team
from makery.testing import FakeNotebook, FakeSandbox, ended
from makery.testing.scripted_model import Answer
from makery.tools.tool import function_tool
from makery.tools.toolset import ToolBelt

AGENT = member(
    "agent",
    "You work.",
    tools=("*",),
    skills=(
        "pursue_goal",
        "execute_task",
        "create_tasks",
        "prioritise_tasks",
        "write_action",
        "run_action",
        "write_cell",
        "run_cell",
    ),
)
MANY = 40
TURNS = ("speak", "pursue_goal", "execute_task", "write_action", "write_cell", "instruct", "carry_out")
"""The skills that are told to change the strategy."""
STATES = """
name: t
protocol: states
start: one
most: 40
roles: {a: {goal: g, tools: ["*"]}, b: {goal: g}}
states:
  one: {roles: [a], next: [{to: done, when: {says: NEVER}}, {to: two}]}
  two: {roles: [b], next: [{to: one}]}
  done: {end: true}
"""


def look(at: str = "") -> str:
    """Look at something."""
    if at.startswith("bad"):
        raise ValueError(f"cannot look at line {at.removeprefix('bad')}")
    return "nothing new"


def looping(shape: str, number: int) -> Answer:
    """The n-th answer of a model that goes in circles in this way."""
    match shape:
        case "action":
            return wants(("look", {"at": "x"}))
        case "error":
            return wants(("look", {"at": f"bad{number}"}))
        case "unknown tool":
            return wants(("lok", {"at": str(number)}))
        case "idle":
            return wants(("look", {"at": str(number)}))
        case "two in turn":
            return wants(("look", {"at": "xy"[number % 2]}))
        case "talkative":
            return wants(("look", {"at": "x"}), text=f"Now I try idea {number}.")
        case "text":
            return "Let me think about it once more."
        case _:
            return f"Let me think about it once more, for the {number}th time: it is a hard and deep one."


def script(shape: str) -> list[Answer]:
    return [looping(shape, number) for number in range(MANY)]


def tools() -> ToolBelt:
    return ToolBelt([function_tool(look, safe=True)], people=Persons())


def react_loop(shape: str) -> Society:
    return run(react(AGENT, most=MANY), {"speak": script(shape)}, toolset=tools(), finished=False)


def goal(shape: str) -> Society:
    return run(goal_loop(AGENT, steps=MANY), {"pursue_goal": script(shape)}, toolset=tools(), finished=False)


def talk(shape: str) -> Society:
    team = group_chat(Seat(AGENT), Seat(member("critic", "You criticise.")), stop=says("NEVER"))
    return run(team, {"speak": script(shape)}, toolset=tools(), finished=False)


def play(shape: str) -> Society:
    pair = Play(player("a", "g"), player("b", "g"), specify=False, turns=MANY)
    return run(role_play(pair), {"instruct": script(shape), "carry_out": script(shape)}, finished=False)


def tasks(shape: str) -> Society:
    """Each task uses a tool three times and then says something; every task calls for another one."""
    answers: list[Answer] = script(shape)
    if shape in ACTING:
        answers = [answer if n % 4 < 3 else f"Task {n} {'y' * n}." for n, answer in enumerate(answers)]
    more = [json.dumps({"tasks": [f"next {number}"]}) for number in range(MANY)]
    scripts = {"execute_task": answers, "create_tasks": more, "speak": ["over"]}
    return run(task_list(AGENT, most=MANY), scripts, toolset=tools(), finished=False)


def states(shape: str) -> Society:
    team = build_team(parse_team(STATES), load_skills())
    return run(team, {"speak": script(shape)}, toolset=tools(), finished=False)


def cell(shape: str, number: int) -> str:
    """The n-th piece of code of a model that goes in circles in this way."""
    code = "look()" if shape == "action" else f"look({number})"
    return (
        f"Now idea {number} {'z' * number}.\n```python\n{code}\n```"
        if shape != "action"
        else (f"```python\n{code}\n```")
    )


def by_code(shape: str) -> Society:
    scripts = {"write_action": [cell(shape, number) for number in range(MANY)]}
    end = ended(1, f"{' ' * 3}no such thing") if shape == "error" else ended(0, "nothing new")
    sandbox = FakeSandbox().when(lambda command: True, end)
    return run(code_act(AGENT, most=MANY), scripts, sandbox=sandbox, toolset=tools(), finished=False)


def session(shape: str) -> Society:
    scripts = {"write_cell": [cell(shape, number) for number in range(MANY)]}
    failed = shape == "error"
    ends = [CellEnd(output="no such thing" if failed else "nothing new", failed=failed)] * MANY
    team = interpreter(Session(AGENT, ask=False, most=MANY))
    return run(team, scripts, notebook=FakeNotebook(*ends), finished=False)


ACTING = ("action", "error", "unknown tool", "idle", "two in turn", "talkative")
SAYING = ("text", "nearly the same text")
RUNNING = ("action", "error", "idle")
FORCED: tuple[tuple[Callable[[str], Society], str], ...] = (
    *((react_loop, shape) for shape in ACTING),
    *((goal, shape) for shape in ACTING),
    *((talk, shape) for shape in (*SAYING, "action", "error", "two in turn", "talkative")),
    *((play, shape) for shape in SAYING),
    *((tasks, shape) for shape in ("action", "error", "text")),
    *((states, shape) for shape in ("text", "action", "talkative")),
    *((by_code, shape) for shape in RUNNING),
    *((session, shape) for shape in RUNNING),
)


def told(done: Society) -> list[bool]:
    """For each turn in which something could be told: was it told to change the strategy?"""
    hint = note("change_strategy")
    turns = [call for call in done.model.calls if call.purpose.skill in TURNS]
    return [hint in call.prompt.user for call in turns]


def ended_well(done: Society) -> bool:
    """Went on as usual, then with another strategy, once, and then ended with a report of both circles."""
    hints = told(done)
    before = hints.index(True) if True in hints else len(hints)
    once = 0 < before < len(hints) and all(hints[before:])
    report = done.ending.text
    reported = report.startswith("First ") and "after a change of strategy" in report
    return once and reported and done.ending.outcome == "looping" and len(hints) < MANY
