"""A table that plays Werewolf: secret parts, nights in secret, free discussion by day, and a vote.

The game is Davidoff's Mafia (1986) as Plotkin retold it (1997); language models at that table: Xu et al. 2023
(arXiv:2309.04658). Parts, looks and the wolves' talk are told to those whom they are for, and the kernel
hands them to nobody else.
"""

import random
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from makery.kernel.dialogue import Choice, Ending
from makery.kernel.documents import Requirement
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.characters import discuss, narrator, remember, tell
from makery.teams.table import Table

Part = Literal["werewolf", "seer", "villager"]


@dataclass(frozen=True)
class Village:
    """Who plays, and by which rules."""

    players: tuple[Role, ...]
    """Made by `makery.teams.characters.character`."""
    wolves: int = 1
    seer: bool = True
    talk: int = 6
    """Turns of each day's discussion."""
    seed: int = 0
    """Deals the parts."""

    def parts(self) -> dict[str, Part]:
        """Who is what."""
        names = [role.name for role in self.players]
        random.Random(self.seed).shuffle(names)  # noqa: S311 - cards, not keys
        wolves, rest = names[: self.wolves], names[self.wolves :]
        seers = rest[: int(self.seer)]
        return {n: "werewolf" if n in wolves else "seer" if n in seers else "villager" for n in sorted(names)}


def werewolf(village: Village) -> Team:
    """A team that plays until one side has won."""
    program = Program(lambda pool: play(Table.of(pool), village))
    roles = (*village.players, narrator())
    return Team(name="werewolf", roles=roles, protocol=program, skills=load_skills())


def play(table: Table, village: Village) -> Steps[Ending]:
    """The game itself."""
    words, parts = _words_of(table), village.parts()
    wolves = tuple(name for name, part in parts.items() if part == "werewolf")
    for name, part in parts.items():
        known = ", ".join(wolves) if part == "werewolf" else ""
        yield from tell(table, words[part].format(name=name, wolves=known), to=(name,))
    alive, day = list(parts), 0
    while not (winner := _winner(alive, parts)):
        day += 1
        yield from _night(table, alive, parts, words, day)
        if not _winner(alive, parts):
            now = words["day"].format(day=day, alive=", ".join(alive))
            yield from discuss(table, alive, village.talk, situation=now, now=day, start=day)
            yield from _vote(table, alive, parts, words, day)
            yield from remember(table, alive, situation=now, now=day)
    text = words[winner].format(
        parts=", ".join(f"{name}: {words[part + '_name']}" for name, part in parts.items())
    )
    return (yield from table.end("narrator", text, f"{winner} won on day {day}"))


def _night(
    table: Table, alive: list[str], parts: dict[str, Part], words: dict[str, str], day: int
) -> Steps[None]:
    """The wolves talk and choose in secret, the seer looks in secret, and all hear who was killed."""
    night = words["night"].format(day=day, alive=", ".join(alive))
    wolves = [name for name in alive if parts[name] == "werewolf"]
    yield from discuss(table, wolves, 2, situation=night, now=day, start=day)
    victim = yield from _choice(table, wolves[0], [n for n in alive if n not in wolves], words["kill"], day)
    for seer in [name for name in alive if parts[name] == "seer"]:
        seen = yield from _choice(table, seer, [n for n in alive if n != seer], words["look"], day)
        told = words["is_wolf" if parts[seen] == "werewolf" else "is_no_wolf"].format(name=seen)
        yield from tell(table, told, to=(seer,))
    alive.remove(victim)
    part = words[parts[victim] + "_name"]
    yield from tell(table, words["killed"].format(day=day, name=victim, part=part))


def _choice(table: Table, name: str, among: Sequence[str], question: str, day: int) -> Steps[str]:
    choices = "\n".join(among)
    act = table.act(name, "choose", to=(name,), question=question, choices=choices, day=str(day))
    chosen = yield from table.do(Choice, act)
    table.messages.pop()
    return chosen.choice


def _vote(
    table: Table, alive: list[str], parts: dict[str, Part], words: dict[str, str], day: int
) -> Steps[None]:
    """All choose at once, unseen; then all see who chose whom. Of equals nobody has to go."""
    ballots = {name: "\n".join(other for other in alive if other != name) for name in alive}
    acts = [
        table.act(n, "choose", to=(n,), question=words["vote"], choices=choices, day=str(day))
        for n, choices in ballots.items()
    ]
    votes = yield from table.do_all(Choice, acts)
    del table.messages[-len(votes) :]
    listed = ", ".join(f"{name} → {vote.choice}" for name, vote in zip(ballots, votes, strict=True))
    (first, most), *others = Counter(vote.choice for vote in votes).most_common()
    if others and others[0][1] == most:
        yield from tell(table, words["tie"].format(day=day, votes=listed))
        return
    alive.remove(first)
    part = words[parts[first] + "_name"]
    yield from tell(table, words["out"].format(day=day, votes=listed, name=first, part=part))


def _winner(alive: Sequence[str], parts: dict[str, Part]) -> str:
    wolves = sum(parts[name] == "werewolf" for name in alive)
    return "villagers" if not wolves else "werewolves" if wolves * 2 >= len(alive) else ""


def _words_of(table: Table) -> dict[str, str]:
    found = next(m.artifact for m in table.messages if isinstance(m.artifact, Requirement))
    return _words("zh" if found.locale == "zh" else "en")


@lru_cache(maxsize=2)
def _words(locale: str) -> dict[str, str]:
    path = Path(__file__).parent / "notes" / f"werewolf_{locale}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
