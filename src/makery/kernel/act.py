"""The unit of scheduling, of durability and of cost."""

from makery.kernel.artifact import Frozen
from makery.kernel.message import EVERYONE, derived_id


class Act(Frozen):
    """A role about to run a skill on given inputs."""

    role: str
    skill: str
    inputs: tuple[str, ...] = ()
    """Ids of the messages that the skill will see."""
    options: tuple[tuple[str, str], ...] = ()
    """Small choices of the protocol: the candidate's number, the file to write, the clauses to check."""
    audience: tuple[str, ...] = (EVERYONE,)
    """Who may read the result: role names, or `*`."""
    label: str = ""
    """For people: what this act is about."""

    @property
    def id(self) -> str:
        """The same for the same role, skill, inputs and options: asking twice is asking once."""
        options = [f"{key}={value}" for key, value in self.options]
        private = [] if self.audience == (EVERYONE,) else ["\x1eto", *self.audience]
        return derived_id(self.role, self.skill, *self.inputs, *options, *private)

    def option(self, name: str, default: str = "") -> str:
        """The value of an option."""
        return dict(self.options).get(name, default)
