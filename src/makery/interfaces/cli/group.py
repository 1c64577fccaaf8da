"""A command group in which a requirement may stand where a command's name would."""

import difflib

import typer
from typer.core import TyperGroup

_DEFAULT = "build"
_OWN_OPTIONS = ("-h", "--help", "--version")
_ORDER = ("build", "change", "runs")
"""These come first in the help, in this order."""


class RequirementGroup(TyperGroup):
    """`makery "a snake game"` is `makery build "a snake game"`; so is `makery -f FILE`.

    A single word that nearly is a command's name is taken for a slip, not for a requirement.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """The arguments with `build` put in front where no command is named."""
        if args and not self._names_command(args[0]):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The commands' names in the order of the help."""
        rest = [name for name in super().list_commands(ctx) if name not in _ORDER]  # type: ignore[arg-type]
        return [*_ORDER, *rest]

    def _names_command(self, first: str) -> bool:
        if first.startswith("-"):
            return first in _OWN_OPTIONS
        near = difflib.get_close_matches(first, self.commands, n=1, cutoff=0.75)
        return first in self.commands or (" " not in first and bool(near))
