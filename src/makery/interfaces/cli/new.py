"""`makery new`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from makery.interfaces.cli.errors import reported


class KindName(StrEnum):
    """What can be begun."""

    skill = "skill"
    role = "role"
    team = "team"
    plugin = "plugin"


@reported
def new(
    kind: Annotated[KindName, typer.Argument(help="What to begin.", show_default=False)],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Small letters, digits, _.", show_default=False)
    ],
    folder: Annotated[
        Path, typer.Option("--in", metavar="DIR", help="Where the files are written.")
    ] = Path(),
) -> None:
    """Write a tested starting point for a skill, a role, a team or a whole plug-in.

    A plug-in is a Python package whose entry points add its skill, role, tool and team
    to Makery once it is installed.
    """
    from makery.app.scaffold.new import write_new

    for path in write_new(kind.value, name, folder):
        typer.echo(str(path))
