"""A small town: every hour each character decides where to be and what to do; who meets may talk.

Generative agents (Park et al. 2023, arXiv:2304.03442). What is done and said in a place is seen and heard
there only; so news and secrets travel by being told.
"""

from dataclasses import dataclass

from makery.kernel.dialogue import Deed, Ending, Utterance
from makery.kernel.program import Program, Steps, together
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.characters import discuss, narrator, remember, tell
from makery.teams.table import Table


@dataclass(frozen=True)
class Town:
    """Who lives where, and for how long we watch."""

    people: tuple[Role, ...]
    """Made by `makery.teams.characters.character`."""
    places: tuple[str, ...]
    first: int = 8
    """The hour at which it begins."""
    hours: int = 6
    talk: int = 4
    """Turns of a conversation, after something was said to somebody who is there."""


def town(world: Town) -> Team:
    """A team whose characters live through the hours. The task says what the town and the day are like."""
    program = Program(lambda pool: live(Table.of(pool), world))
    return Team(name="town", roles=(*world.people, narrator()), protocol=program, skills=load_skills())


def live(table: Table, world: Town) -> Steps[Ending]:
    """The hours, one after the other."""
    names = [role.name for role in world.people]
    chronicle: list[str] = []
    for hour in range(world.hours):
        clock = f"{(world.first + hour) % 24:02}:00"
        situation = f"{table.task} ({clock})"
        yield from remember(table, names, situation=situation, now=hour, plan=hour == 0)
        deeds = yield from _deeds(table, world, names, situation, hour)
        meetings = [[deed for deed in deeds if deed.place == place] for place in world.places]
        sides = [(table.copy(), present) for present in meetings if present]
        start = len(table.messages)
        told = yield from together([_met(side, here, situation, hour, world.talk) for side, here in sides])
        for side, _ in sides:
            table.messages.extend(side.messages[start:])
        chronicle += [f"{clock} {line}" for lines in told for line in lines]
    return (yield from table.end("narrator", "\n".join(chronicle), f"{world.hours} hours have passed"))


def _deeds(table: Table, world: Town, names: list[str], situation: str, hour: int) -> Steps[list[Deed]]:
    places, now = "\n".join(world.places), str(hour)
    acts = [table.act(n, "live", to=(n,), situation=situation, now=now, places=places) for n in names]
    deeds = yield from table.do_all(Deed, acts)
    del table.messages[-len(deeds) :]
    return deeds


def _met(table: Table, deeds: list[Deed], situation: str, hour: int, turns: int) -> Steps[list[str]]:
    """What happens in one place in one hour: those who are there see each other, and may talk."""
    present = tuple(sorted(deed.who for deed in deeds))
    for deed in deeds:
        yield from tell(table, _line(deed), to=present)
    said: list[Utterance] = []
    if any(deed.says for deed in deeds):
        place = f"{situation} {deeds[0].place}: {', '.join(present)}"
        said = yield from discuss(table, present, turns, situation=place, now=hour, start=hour)
    return [*map(_line, deeds), *(f"{turn.speaker} ({deeds[0].place}): “{turn.text}”" for turn in said)]


def _line(deed: Deed) -> str:
    return f"{deed.who} ({deed.place}): {deed.doing}" + (f" “{deed.says}”" if deed.says else "")
