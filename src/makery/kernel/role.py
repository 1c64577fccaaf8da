"""Who works in a team. Roles are data."""

from makery.kernel.artifact import Frozen
from makery.kernel.errors import ContractViolation


class Role(Frozen):
    """Name, goal, constraints, the skills it has and the artifact kinds it watches."""

    name: str
    """Snake case, unique in a team."""
    title: str
    goal: str
    constraints: tuple[str, ...] = ()
    watches: tuple[str, ...]
    """Artifact kinds whose arrival wakes it."""
    skills: tuple[str, ...]
    model: str = ""
    """A model of its own, by its name in the catalogue; '' for the run's."""
    tools: tuple[str, ...] = ()
    """Names of tools that it may use, or patterns such as `files_*`."""

    def require(self, skill: str) -> None:
        """Insist on having a skill.

        Raises:
            ContractViolation: the role does not have it.
        """
        if skill not in self.skills:
            raise ContractViolation(f"Role {self.name!r} has no skill {skill!r}.")
