"""Characters with memory streams, reflection and plans, and how they talk freely with each other.

Generative agents (Park et al. 2023, arXiv:2304.03442). In a free discussion exactly one speaks at a time: who
wants to most; among equals who was silent longest; never the same one twice in a row; and if nobody wants to,
who was silent longest is asked. (Self-selection after Sacks, Schegloff and Jefferson 1974.)
"""

from collections.abc import Sequence

from makery.kernel.dialogue import Bid, Memories, Utterance
from makery.kernel.program import Steps
from makery.kernel.role import Role
from makery.teams.seats import member
from makery.teams.table import Table

SKILLS = ("bid_to_speak", "live", "make_plan", "perceive", "reflect", "say_in_character")
REFLECT_AT = 30
"""Importance that has come together since the last reflection. (Park et al.: 150, with longer days.)"""


def character(name: str, who: str, *traits: str) -> Role:
    """Somebody who lives in a town or sits at a table of players."""
    return member(name, who, *traits, skills=SKILLS)


def narrator() -> Role:
    """Who says what the rules of the world say. No model plays this part."""
    return member("narrator", "You say what happens.", skills=("tell",))


def tell(table: Table, text: str, *, to: tuple[str, ...] = ("*",)) -> Steps[Utterance]:
    """The narrator says something, to all or in confidence."""
    number = str(len(table.messages))  # the same words may be said twice
    act = table.act("narrator", "tell", sees=table.messages[:1], to=to, text=text, number=number)
    return (yield from table.do(Utterance, act))


def discuss(
    table: Table, names: Sequence[str], turns: int, *, situation: str, now: int, start: int = 0
) -> Steps[list[Utterance]]:
    """A free discussion of so many turns, heard by those who take part, and by nobody else."""
    said: list[Utterance] = []
    silent = [*names[start % len(names) :], *names[: start % len(names)]]
    hour = str(now)
    for _ in range(turns if len(names) > 1 else 0):
        speaker = yield from _next(table, silent, bool(said), situation, hour)
        silent.remove(speaker)
        silent.append(speaker)
        act = table.act(speaker, "say_in_character", to=tuple(sorted(names)), situation=situation, now=hour)
        said.append((yield from table.do(Utterance, act)))
    return said


def _next(table: Table, silent: Sequence[str], begun: bool, situation: str, now: str) -> Steps[str]:
    """Who speaks next; `silent` has who was silent longest first and who spoke last at its end."""
    others = silent[:-1] if begun else silent
    if len(others) == 1:
        return others[0]
    acts = [table.act(n, "bid_to_speak", to=(n,), situation=situation, now=now) for n in others]
    bids = yield from table.do_all(Bid, acts)
    del table.messages[-len(bids) :]
    return max(bids, key=lambda bid: (bid.urgency, -others.index(bid.who))).who


def remember(
    table: Table, names: Sequence[str], *, situation: str, now: int, plan: bool = False
) -> Steps[None]:
    """Each remembers what it saw and heard; who has much to think about reflects and plans anew."""
    yield from _each(table, names, "perceive", situation, now)
    thoughtful = [name for name in names if _importance(table, name) >= REFLECT_AT]
    yield from _each(table, thoughtful, "reflect", situation, now)
    yield from _each(table, names if plan else thoughtful, "make_plan", situation, now)


def _each(table: Table, names: Sequence[str], skill: str, situation: str, now: int) -> Steps[None]:
    acts = [table.act(name, skill, to=(name,), situation=situation, now=str(now)) for name in names]
    yield from table.do_all(Memories, acts)


def _importance(table: Table, name: str) -> int:
    """Of what a character saw and heard since its last reflection."""
    total = 0
    for artifact in (message.artifact for message in table.messages):
        if isinstance(artifact, Memories) and artifact.owner == name:
            for memory in artifact.entries:
                total = 0 if memory.kind == "reflection" else total
                total += memory.importance if memory.kind == "observation" else 0
    return total
