"""Seats at a table: a model, a person, somebody who runs code, or a whole conversation of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from makery.kernel.dialogue import Executed, ToolResults, Utterance
from makery.kernel.program import Steps
from makery.kernel.role import Role
from makery.skills.society.run_blocks import runnable
from makery.teams.table import Table

HumanInput = Literal["never", "at_end", "always"]
Nested = Callable[[Table], Steps[object]]

SKILLS = ("speak", "use_tools", "ask_human", "run_blocks", "choose", "conclude")
"""What everybody at a table can do."""
EXIT = "exit"
"""What a person says to end a conversation."""


@dataclass(frozen=True)
class Seat:
    """Who sits there, and how they take part. (AutoGen's conversable agent.)"""

    role: Role
    human: HumanInput = "never"
    """`always`: a person is asked at each turn, '' leaves it to the model; `at_end`: before it ends."""
    runs_code: bool = False
    """Runs the code of the last turn instead of speaking, if there is some."""
    nested: Nested | None = None
    """A conversation whose result is what this seat says."""
    most_tool_rounds: int = 4

    @property
    def name(self) -> str:
        """The role's name."""
        return self.role.name


def member(
    name: str,
    goal: str,
    *constraints: str,
    title: str = "",
    tools: tuple[str, ...] = (),
    skills: tuple[str, ...] = (),
    model: str = "",
) -> Role:
    """A role that can take part in any conversation."""
    return Role(
        name=name,
        title=title or name.replace("_", " "),
        goal=goal,
        constraints=constraints,
        watches=("Utterance",),
        skills=(*SKILLS, *skills),
        tools=tools,
        model=model,
    )


def take_turn(table: Table, seat: Seat, *, note: str = "") -> Steps[Utterance]:
    """One turn of a seat: the person's, the code's, the nested conversation's or the model's."""
    turn = yield from _turn(table, seat, note)
    table.turns += 1
    return turn


def _turn(table: Table, seat: Seat, note: str) -> Steps[Utterance]:
    if seat.human == "always":
        answer = yield from table.do(Utterance, table.act(seat.name, "ask_human"))
        if answer.text:
            return answer
        table.messages.pop()
    if seat.runs_code and _has_code(table):
        ran = yield from table.do(Executed, table.act(seat.name, "run_blocks"))
        return Utterance(speaker=seat.name, text=ran.output)
    if seat.nested is not None:
        inner = table.nested(table.utterances[-1].text if table.utterances else table.task)
        yield from seat.nested(inner)
        table.messages.extend(inner.messages[-1:])
        return (yield from table.do(Utterance, table.act(seat.name, "speak", note=note, tools="no")))
    return (yield from speak_with_tools(table, seat.name, most=seat.most_tool_rounds, note=note))


def speak_with_tools(table: Table, name: str, *, most: int, note: str = "") -> Steps[Utterance]:
    """Speak; while tools are asked for, use them and speak again, the last time without tools."""
    for _ in range(most):
        turn = yield from table.do(Utterance, table.act(name, "speak", note=note))
        if not turn.calls:
            return turn
        yield from table.do(ToolResults, table.act(name, "use_tools", sees=table.messages[-1:]))
    return (yield from table.do(Utterance, table.act(name, "speak", note=note, tools="no")))


def _has_code(table: Table) -> bool:
    last = table.messages[-1].artifact
    return isinstance(last, Utterance) and bool(runnable(last.text))
