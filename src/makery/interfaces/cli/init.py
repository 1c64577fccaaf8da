"""`makery init`."""

from pathlib import Path
from typing import Annotated

import typer

from makery.interfaces.cli.errors import reported


@reported
def init(
    here: Annotated[
        bool, typer.Option("--here", help="Write ./makery.toml instead, for this project.")
    ] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it, write nothing.")] = False,
) -> None:
    """Write a settings file in which every setting stands with its meaning and default."""
    from makery.app.settings_sources import PROJECT_FILE, user_file
    from makery.app.settings_template import template, write_template

    if stdout:
        typer.echo(template(), nl=False)
        return
    path = Path(PROJECT_FILE) if here else user_file()
    if write_template(path):
        typer.echo(f"Wrote {path}. Every line is a default, commented out.")
    else:
        typer.echo(
            f"{path} exists and was left as it is. To see all settings: makery init --stdout", err=True
        )
