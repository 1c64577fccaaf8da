"""Forced loops of every kind are noticed, answered with a change of strategy once, and then ended."""

from collections.abc import Callable, Sequence

import pytest
from forced_loops import AGENT, FORCED, ended_well, script, told, tools
from society_world import Society, run

from makery.kernel.artifact import Artifact
from makery.kernel.dialogue import Executed, ToolResults, Utterance
from makery.kernel.tool import ToolOutcome
from makery.teams.loop_guard import LoopGuard
from makery.teams.react import react
from makery.testing.scripted_model import UnexpectedCall

GUARDED = {"react_loop", "goal", "talk", "play", "tasks", "states", "by_code", "session"}


def test_every_guarded_protocol_is_forced_into_loops_twenty_at_least_in_all() -> None:
    assert {society.__name__ for society, _ in FORCED} == GUARDED
    assert len(FORCED) >= 20


@pytest.mark.parametrize(("society", "shape"), FORCED)
def test_a_forced_loop_is_ended_with_a_report_after_one_change_of_strategy(
    society: Callable[[str], Society], shape: str
) -> None:
    done = society(shape)
    assert ended_well(done), (told(done), done.ending)


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
