"""Which tools may be used at once, which after asking a person, which never."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from makery.kernel.artifact import Frozen

Decision = Literal["allow", "ask", "deny"]


class Rule(Frozen):
    """What holds for the tools that fit a pattern."""

    tool: str
    """A name, or a pattern: `files_*`."""
    decision: Decision


class Permissions(Frozen):
    """The first rule that fits counts; without one, safe tools are allowed and others asked for."""

    rules: tuple[Rule, ...] = ()

    def of(self, name: str, *, safe: bool) -> Decision:
        """What holds for a tool."""
        for rule in self.rules:
            if fnmatchcase(name, rule.tool):
                return rule.decision
        return "allow" if safe else "ask"


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether a tool's name is one of the names or fits one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
