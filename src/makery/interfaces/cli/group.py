"""A command group in which a requirement may stand where a command's name would."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

_DEFAULT = "build"
_OWN_OPTIONS = ("-h", "--help", "--version")
_ORDER = ("build", "change", "runs")
"""These come first in the help, in this order."""
_NEAR = 0.75
"""How like each other two names are of which one may be a slip: 1 is the same."""


class RequirementGroup(TyperGroup):
    """`makery "a snake game"` is `makery build "a snake game"`; so is `makery -f FILE`.

    A single word that nearly is a command's name is taken for a slip, not for a requirement.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """The arguments with `build` put in front where no command is named."""
        if args and not self._names_command(args[0]):
            args = [_DEFAULT, *args]
        with _in_our_words():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """What the command gives; wrong arguments, of whichever command, are told in our own words."""
        with _in_our_words():
            return super().invoke(ctx)  # type: ignore[arg-type]

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The commands' names in the order of the help."""
        rest = [name for name in super().list_commands(ctx) if name not in _ORDER]  # type: ignore[arg-type]
        return [*_ORDER, *rest]

    def _names_command(self, first: str) -> bool:
        if first.startswith("-"):
            return first in _OWN_OPTIONS
        near = difflib.get_close_matches(first, self.commands, n=1, cutoff=_NEAR)
        return first in self.commands or (" " not in first and bool(near))


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Typer passes on what pydantic says, and suggests options that have little in common with the one."""
    try:
        yield
    except typer.TyperException as error:
        option, near = getattr(error, "option_name", None), getattr(error, "possibilities", None)
        if option and near:
            error.possibilities = difflib.get_close_matches(option, near, cutoff=_NEAR)  # type: ignore[attr-defined]
        if error.__cause__ is not None and type(error.__cause__).__name__ == "ValidationError":
            error.message = _explained(error.__cause__)
        raise


def _explained(error: BaseException) -> str:
    from makery.app.unfit import first_unfit

    return f"it {first_unfit(error)[1]}."  # type: ignore[arg-type]
