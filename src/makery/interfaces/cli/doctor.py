"""`makery doctor`."""

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported


@reported
def doctor(ctx: typer.Context, json: o.Json = False) -> None:
    """Say what is missing on this machine and the one command that mends each.

    Exit status 5 if something is missing without which no program can be made.
    """
    from makery.interfaces.cli.checkup import print_findings
    from makery.interfaces.cli.running import factory_of

    raise typer.Exit(print_findings(factory_of(ctx).diagnose(), as_json=json))
