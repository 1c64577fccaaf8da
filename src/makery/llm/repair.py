"""The second chance of an answer that was not the document asked for. Its text is `repair.md`."""

from makery.kernel.artifact import Frozen
from makery.llm.dialects.wire import Request, Turn
from makery.prompting import load


class Repair(Frozen):
    """What the template reads."""

    problem: str
    """What is wrong with the answer, in a sentence."""


def repaired(request: Request, answer: str, problem: str) -> Request:
    """The same conversation, with the bad answer and what is wrong with it added at its end."""
    text = load(__file__).render(Repair(problem=problem)).user
    turns = (*request.turns, Turn(speaker="model", text=answer), Turn(speaker="user", text=text))
    return request.model_copy(update={"turns": turns})
