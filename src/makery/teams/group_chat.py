"""Conversations of two or many: who speaks next is a matter of order, of a person, or of a model.

AutoGen (Wu et al. 2023, arXiv:2308.08155): conversable agents that answer with a model, run code, use
tools or ask a person; two-agent chat, group chat, nested chat, stop conditions that can be joined.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from makery.kernel.dialogue import Choice, Ending, Executed, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.seats import EXIT, Seat, take_turn
from makery.teams.stops import Reason, Stop, max_turns
from makery.teams.table import Table

MOST_TURNS = 200

Order = Literal["round_robin", "manual", "selected"]
NextSpeaker = Callable[[Table, Sequence[Seat]], Steps[Seat]]


def group_chat(
    *seats: Seat,
    stop: Stop,
    order: Order | NextSpeaker = "round_robin",
    guard: LoopGuard | None = None,
    name: str = "group_chat",
) -> Team:
    """A team whose seats talk until a condition is met or they go in circles.

    `stop` is joined with a limit of 200 turns. `order` may be a function of the table.
    """
    program = Program(lambda pool: chat(Table.of(pool), seats, stop, order, guard or LoopGuard()))
    return Team(name=name, roles=tuple(seat.role for seat in seats), protocol=program, skills=load_skills())


def two_agent_chat(first: Seat, second: Seat, *, stop: Stop, guard: LoopGuard | None = None) -> Team:
    """Two seats in turn, the first one on the user's task."""
    return group_chat(first, second, stop=stop, guard=guard, name="two_agent_chat")


def chat(
    table: Table,
    seats: Sequence[Seat],
    stop: Stop,
    order: Order | NextSpeaker = "round_robin",
    guard: LoopGuard = LoopGuard(),  # noqa: B008 - frozen
) -> Steps[Ending]:
    """The conversation itself; `yield from` it in a protocol of your own."""
    select = order if callable(order) else _ORDERS[order]
    stop, watch = stop | max_turns(MOST_TURNS), Watch(guard)
    while True:
        judged = watch.judge(table.made)
        if judged.state == "end":
            return (yield from table.end(seats[0].name, judged.report, "it went in circles", "looping"))
        seat = yield from select(table, seats)
        turn = yield from take_turn(table, seat, note=judged.hint)
        reason = _left(seat, turn) or stop.met(table)
        if reason and not (yield from _goes_on(table, seats, reason)):
            return (yield from table.end(seat.name, _last_words(table), reason.text, reason.outcome))


def _left(seat: Seat, turn: Utterance) -> Reason | None:
    left = seat.human == "always" and turn.text.strip().lower() == EXIT
    return Reason(f"{seat.name} left") if left else None


def _goes_on(table: Table, seats: Sequence[Seat], reason: Reason) -> Steps[bool]:
    """Whether a person who is asked at the end wants more."""
    for seat in seats:
        if seat.human == "at_end" and not reason.text.endswith(" left"):
            answer = yield from table.do(Utterance, table.act(seat.name, "ask_human"))
            if answer.text.strip() and answer.text.strip().lower() != EXIT:
                return True
            table.messages.pop()
    return False


def _last_words(table: Table) -> str:
    """What was said last; of code that was run last, what it printed."""
    last = table.said[-1] if table.said else None
    if isinstance(last, Executed) and not last.failed and last.output.strip():
        return last.output
    texts = [
        turn.text for turn in table.utterances if turn.text.strip() and turn.text.strip().lower() != EXIT
    ]
    return texts[-1] if texts else ""


# ------------------------------------------------------------------- who speaks next


def _in_turn(table: Table, seats: Sequence[Seat]) -> Steps[Seat]:
    yield from ()
    return seats[table.turns % len(seats)]


def _by_hand(table: Table, seats: Sequence[Seat]) -> Steps[Seat]:
    names = ",".join(seat.name for seat in seats)
    act = table.act(seats[0].name, "ask_human", question=note("next_speaker"), choices=names)
    chosen = yield from table.do(Utterance, act)
    table.messages.pop()
    return next((seat for seat in seats if seat.name == chosen.text.strip()), seats[table.turns % len(seats)])


def _by_model(table: Table, seats: Sequence[Seat]) -> Steps[Seat]:
    """A model chooses; who just spoke is not among the choices, so that nobody talks alone."""
    last = table.utterances[-1].speaker if table.utterances else ""
    others = [seat for seat in seats if seat.name != last] or list(seats)
    choices = "\n".join(f"{seat.name}: {seat.role.goal}" for seat in others)
    act = table.act(seats[0].name, "choose", question=note("next_speaker"), choices=choices)
    chosen = yield from table.do(Choice, act)
    table.messages.pop()
    return next(seat for seat in others if seat.name == chosen.choice)


_ORDERS: dict[str, NextSpeaker] = {"round_robin": _in_turn, "manual": _by_hand, "selected": _by_model}
