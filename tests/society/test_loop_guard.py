"""Forced loops of every kind are noticed, answered with a change of strategy once, and then ended."""

from collections.abc import Callable, Sequence

import pytest
from society_world import Society, run, wants

from makery.kernel.artifact import Artifact
from makery.kernel.dialogue import Executed, ToolResults, Utterance
from makery.kernel.tool import ToolOutcome
from makery.teams.goal_loop import goal_loop
from makery.teams.group_chat import group_chat
from makery.teams.loop_guard import LoopGuard
from makery.teams.notes import note
from makery.teams.react import react
from makery.teams.role_play import Play, player, role_play
from makery.teams.seats import Seat, member
from makery.teams.stops import says
from makery.testing.scripted_model import Answer, UnexpectedCall
from makery.tools.tool import function_tool
from makery.tools.toolset import ToolBelt

AGENT = member("agent", "You work.", tools=("*",), skills=("pursue_goal",))
MANY = 40


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
    from society_world import Persons

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


ACTING = ("action", "error", "unknown tool", "idle", "two in turn", "talkative")
SAYING = ("text", "nearly the same text")
FORCED = [
    *((react_loop, shape) for shape in ACTING),
    *((goal, shape) for shape in ACTING),
    *((talk, shape) for shape in (*SAYING, "action", "error", "two in turn", "talkative")),
    *((play, shape) for shape in SAYING),
]


def test_there_are_twenty_forced_loops() -> None:
    assert len(FORCED) == 20


@pytest.mark.parametrize(("society", "shape"), FORCED)
def test_a_forced_loop_is_ended_with_a_report_after_one_change_of_strategy(
    society: Callable[[str], Society], shape: str
) -> None:
    done = society(shape)
    hints = [call for call in done.model.calls if note("change_strategy") in call.prompt.user]

    assert done.ending.outcome == "looping"
    assert done.ending.text.startswith("First ") and "after a change of strategy" in done.ending.text
    assert hints, "nobody was told to change"
    assert len(done.model.calls) < MANY


@pytest.mark.parametrize("guard", [LoopGuard()])
def test_a_conversation_that_gets_somewhere_is_left_alone(guard: LoopGuard) -> None:
    said: list[Artifact] = []
    for number in range(12):
        said.append(Utterance(speaker="coder", text=f"```python\nprint({number} * {'x' * number})\n```"))
        said.append(Executed(output=f"result {'y' * number}", failed=number % 3 == 0))
    assert guard.judge(said).state == "fine"


def test_the_same_question_answered_differently_is_no_loop() -> None:
    said = [ToolResults(outcomes=(ToolOutcome(call="c", tool="clock", text=f"12:0{n}"),)) for n in range(8)]
    assert LoopGuard().judge(said).state == "fine"


def test_a_new_way_after_the_change_goes_on() -> None:
    def judged(texts: Sequence[str]) -> str:
        return LoopGuard().judge([Utterance(speaker="a", text=text) for text in texts]).state

    assert judged(["same"] * 3) == "change"
    assert judged(["same"] * 3 + ["other", "third", "fourth thing"]) == "change"
    assert judged(["same"] * 6) == "end"


def test_strict_doubles_would_notice_a_loop_without_a_guard() -> None:
    endless = LoopGuard(actions=999, errors=999, texts=999, idle=999)
    with pytest.raises(UnexpectedCall):
        run(
            react(AGENT, most=99, guard=endless), {"speak": script("action")}, toolset=tools(), finished=False
        )
