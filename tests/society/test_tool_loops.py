"""One role with tools: ReAct, the goal loop and the task list, step by step on a scripted model."""

import asyncio
import json

from society_world import Persons, prompts, run, wants

from makery.kernel.dialogue import ToolResults
from makery.teams.goal_loop import goal_loop
from makery.teams.react import react
from makery.teams.seats import member
from makery.teams.task_list import task_list
from makery.tools.permission import Permissions, Rule
from makery.tools.tool import function_tool
from makery.tools.toolset import ToolBelt

GOAL = member(
    "agent",
    "You reach the goal.",
    tools=("*",),
    skills=("pursue_goal", "execute_task", "create_tasks", "prioritise_tasks"),
)


def weather(city: str) -> str:
    """Tell the weather of a city."""
    if city == "Atlantis":
        raise LookupError("no such city")
    return {"Oslo": "3 degrees", "Rome": "21 degrees"}[city]


def erase(path: str) -> str:
    """Erase a file."""
    return "erased"


def belt(*people_says: str, **decisions: str) -> ToolBelt:
    rules = tuple(Rule(tool=tool, decision=decision) for tool, decision in decisions.items())  # type: ignore[arg-type]
    tools = [function_tool(weather, safe=True), function_tool(erase)]
    return ToolBelt(tools, people=Persons(*people_says), permissions=Permissions(rules=rules))


def test_react_uses_several_tools_at_once_and_answers() -> None:
    answers = {"speak": [wants(("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})), "Rome, by 18."]}
    done = run(react(GOAL), answers, task="Which is warmer, Oslo or Rome?", toolset=belt())

    (results,) = done.pool.artifacts(ToolResults)
    assert [outcome.text for outcome in results.outcomes] == ["3 degrees", "21 degrees"]
    assert 'agent calls weather(city="Oslo")' in prompts(done.model)[1]
    assert (done.ending.text, done.ending.outcome) == ("Rome, by 18.", "done")


def test_react_feeds_an_error_back_so_that_the_model_can_mend_its_call() -> None:
    answers = {
        "speak": [
            wants(("wether", {"city": "Oslo"})),
            wants(("weather", {"town": "Oslo"})),
            wants(("weather", {"city": "Atlantis"})),
            "Unknown.",
        ]
    }
    done = run(react(GOAL), answers, toolset=belt())

    _, second, third, fourth = prompts(done.model)
    assert "There is no tool 'wether' for you. There are: weather." in second
    assert "city: Missing required argument" in third or "city: Field required" in third
    assert "weather failed: LookupError: no such city." in fourth


def test_react_gives_what_it_knows_when_its_rounds_are_used_up() -> None:
    answers = {"speak": [wants(("weather", {"city": "Oslo"})), "3 degrees, as far as I know."]}
    done = run(react(GOAL, most=1), answers, toolset=belt())
    assert (done.ending.outcome, done.ending.text) == ("stopped", "3 degrees, as far as I know.")
    assert done.model.calls[1].tools == ()


def test_a_role_is_offered_only_the_tools_that_it_may_use() -> None:
    careful = member("agent", "You look.", tools=("wea*",))
    done = run(
        react(careful),
        {"speak": [wants(("erase", {"path": "x"})), "I may not."]},
        toolset=belt(erase="allow"),
    )
    assert [tool.name for tool in done.model.calls[0].tools] == ["weather"]
    assert "There is no tool 'erase' for you." in prompts(done.model)[1]


def test_the_goal_loop_runs_on_its_own_until_the_goal_is_reached() -> None:
    answers = {
        "pursue_goal": [wants(("weather", {"city": "Oslo"}), text="I need the weather."), "Take a coat."]
    }
    done = run(goal_loop(GOAL), answers, task="Tell me what to wear in Oslo.", toolset=belt())

    assert "At most 20 steps are left." in prompts(done.model)[0]
    assert "weather gave: 3 degrees" in prompts(done.model)[1]
    assert done.ending.reason == "the goal is reached"


def test_step_by_step_a_person_agrees_corrects_or_stops() -> None:
    oslo = wants(("weather", {"city": "Oslo"}))
    rome = wants(("weather", {"city": "Rome"}))
    people = Persons("Rather Rome.", "y", "n")
    done = run(
        goal_loop(GOAL, step_by_step=True), {"pursue_goal": [oslo, rome, oslo]}, toolset=belt(), people=people
    )

    assert "Rather Rome." in prompts(done.model)[1]
    assert [o.text for r in done.pool.artifacts(ToolResults) for o in r.outcomes] == ["21 degrees"]
    assert done.ending.reason == "the user stopped it"


def test_step_by_step_ends_where_nobody_is_there_to_agree() -> None:
    answers = {"pursue_goal": [wants(("weather", {"city": "Oslo"}))]}
    done = run(goal_loop(GOAL, step_by_step=True), answers, toolset=belt(), people=Persons(None))
    assert (done.ending.reason, done.ending.outcome) == ("nobody agreed to the step", "stopped")


def tasks(*names: str) -> str:
    return json.dumps({"tasks": list(names)})


def test_the_task_list_grows_is_ordered_and_comes_to_an_end() -> None:
    answers = {
        "execute_task": [
            "Oslo and Rome are to be compared.",
            wants(("weather", {"city": "Rome"})),
            "Rome has 21 degrees.",
            "Oslo has 3 degrees.",
        ],
        "create_tasks": [tasks("look up Oslo", "look up Rome"), tasks("look up Oslo"), tasks()],
        "prioritise_tasks": [tasks("look up Rome", "look up Oslo", "invented")],
        "speak": ["Rome is warmer."],
    }
    done = run(task_list(GOAL, first="make a list"), answers, task="Which is warmer?", toolset=belt())

    assert "Your task: look up Rome" in done.model.calls_of("execute_task")[1].prompt.user
    assert "weather gave: 21 degrees" in done.model.calls_of("execute_task")[2].prompt.user
    assert "- Rome has 21 degrees." in done.model.calls_of("execute_task")[3].prompt.user
    assert (done.ending.text, done.ending.reason) == ("Rome is warmer.", "the list is empty")


def test_the_task_list_stops_at_its_limit() -> None:
    answers = {
        "execute_task": ["a", "b"],
        "create_tasks": [tasks("second", "third"), tasks()],
        "prioritise_tasks": [tasks("third", "second")],
        "speak": ["as far as it goes"],
    }
    done = run(task_list(GOAL, first="first", most=2), answers, toolset=belt())
    assert done.ending.outcome == "stopped"


def test_a_tool_that_needs_consent_asks_and_a_refusal_is_told_to_the_model() -> None:
    answers = {"speak": [wants(("erase", {"path": "a"})), wants(("erase", {"path": "b"})), "One is gone."]}
    done = run(react(GOAL), answers, toolset=belt("no", "yes"))
    outcomes = [o for r in done.pool.artifacts(ToolResults) for o in r.outcomes]
    assert [o.failed for o in outcomes] == [True, False]
    assert "The user does not allow erase" in prompts(done.model)[1]


def test_what_one_call_writes_the_next_call_of_the_same_answer_reads() -> None:
    notes: list[str] = []

    async def write(text: str) -> str:
        """Write a note."""
        for _ in range(50):
            await asyncio.sleep(0)  # a call beside it would come first
        notes.append(text)
        return "Written."

    async def read() -> list[str]:
        """Read the notes."""
        return list(notes)

    tools = ToolBelt(
        [function_tool(write, safe=True, reads=False), function_tool(read, safe=True)], people=Persons()
    )
    wanted = wants(
        ("read", {}), ("write", {"text": "a"}), ("read", {}), ("write", {"text": "b"}), ("read", {})
    )
    done = run(react(member("agent", "You note.", tools=("*",))), {"speak": [wanted, "Done."]}, toolset=tools)

    (results,) = done.pool.artifacts(ToolResults)
    read_each_time = [outcome.text for outcome in results.outcomes if outcome.tool == "read"]
    assert read_each_time == ["[]", '["a"]', '["a","b"]']
