"""A conversation in a prompt is bounded, and says what it leaves out."""

from makery.kernel.dialogue import ToolResults, Utterance
from makery.kernel.tool import ToolOutcome
from makery.skills.society.recall import recalled
from makery.skills.society.transcript import transcript


def said(text: str) -> Utterance:
    return Utterance(speaker="a", text=text)


def test_the_oldest_turns_are_left_out_and_counted() -> None:
    shown = transcript([said("x" * 50), said("y" * 50), said("z" * 50)], most=120)
    assert shown.startswith("[1 earlier turns left out]\na: y") and "x" not in shown


def test_a_single_turn_that_is_too_long_loses_its_middle() -> None:
    outcome = ToolOutcome(call="c", tool="t", text="begin" + "." * 9000 + "end")
    shown = transcript([ToolResults(outcomes=(outcome,))], most=400)
    assert shown.startswith("t gave: begin") and shown.endswith("end") and "characters left out" in shown
    assert len(shown) < 460


def test_chinese_takes_more_room() -> None:
    assert "left out" in transcript([said("春" * 100), said("天" * 100)], most=400)


def test_what_shares_the_rarest_words_is_recalled_in_order() -> None:
    texts = ["the ink is red", "the pen is blue", "the sky is blue", "the ink is dear"]
    assert recalled(texts, "which ink?", most=2) == ("the ink is red", "the ink is dear")
    assert recalled(texts, "unrelated", most=1) == ("the ink is dear",)
