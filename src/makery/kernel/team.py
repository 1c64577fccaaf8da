"""Roles and the protocol by which they work together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from makery.kernel.errors import ContractViolation
from makery.kernel.protocol import Protocol
from makery.kernel.role import Role
from makery.kernel.skill import Skill

SkillSet = Mapping[str, Skill[Any, Any]]


@dataclass(frozen=True)
class Team:
    """A company, a debate, a pair: `software_company` is one of many."""

    name: str
    roles: tuple[Role, ...]
    protocol: Protocol
    skills: SkillSet = field(repr=False)

    def __post_init__(self) -> None:
        names = [role.name for role in self.roles]
        if len(set(names)) < len(names):
            raise ContractViolation(f"Team {self.name!r} has two roles of the same name.")
        for role in self.roles:
            missing = [skill for skill in role.skills if skill not in self.skills]
            if missing:
                raise ContractViolation(f"Role {role.name!r} names unknown skills {missing}.")

    def role(self, name: str) -> Role:
        """The role of that name.

        Raises:
            ContractViolation: the team has none.
        """
        for role in self.roles:
            if role.name == name:
                return role
        raise ContractViolation(f"Team {self.name!r} has no role {name!r}.")
