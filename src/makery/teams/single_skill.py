"""A team of one role that performs one act: how a skill runs alone."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from makery.kernel.act import Act
from makery.kernel.errors import InputError
from makery.kernel.pool import Pool
from makery.kernel.role import Role
from makery.kernel.scheduler import message_id
from makery.kernel.skill import Skill
from makery.kernel.team import Team


@dataclass(frozen=True)
class OneAct:
    """The protocol: perform the act on everything that the user gave, then stop."""

    role: str
    skill: str

    def act(self, pool: Pool) -> Act:
        """The one act."""
        given = tuple(message.id for message in pool if not message.skill)
        return Act(role=self.role, skill=self.skill, inputs=given, label=self.skill)

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """See `kernel.protocol.Protocol`."""
        return (self.act(pool),)

    def finished(self, pool: Pool) -> bool:
        """When the act's message is there."""
        return message_id(self.act(pool)) in pool


def single_skill(name: str, skills: Mapping[str, Skill[Any, Any]], roles: Mapping[str, Role]) -> Team:
    """A team of the first role that has the skill.

    Raises:
        InputError: no skill has that name; names the nearest.
    """
    skill = find_skill(name, skills)
    fitting = next((role for role in roles.values() if name in role.skills), None)
    role = fitting.model_copy(update={"skills": (name,)}) if fitting else _anybody(name)
    return Team(name=f"skill.{name}", roles=(role,), protocol=OneAct(role.name, name), skills={name: skill})


def find_skill(name: str, skills: Mapping[str, Skill[Any, Any]]) -> Skill[Any, Any]:
    """The skill of that name.

    Raises:
        InputError: there is none; names the nearest.
    """
    if name in skills:
        return skills[name]
    near = difflib.get_close_matches(name, skills, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise InputError(f"No skill is called {name!r}.", remedy=f"{hint}See: makery skills list")


def _anybody(skill: str) -> Role:
    return Role(
        name="assistant",
        title="Assistant",
        goal=f"Do {skill} well",
        watches=("Requirement",),
        skills=(skill,),
    )
