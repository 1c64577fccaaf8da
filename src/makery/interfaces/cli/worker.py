"""`makery worker`."""

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported


@reported
def worker(
    ctx: typer.Context,
    list_: bool = typer.Option(False, "--list", help="List the workers that live, and stop."),
    json: o.Json = False,
) -> None:
    """Do runs that were begun with [bold]--detach[/bold], together with all other workers on the database.

    Start as many as you want, on any machine with the same database and settings.
    Stop with Ctrl-C: what is under way is taken over by the others.
    """
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.working import print_workers, work

    factory = factory_of(ctx)
    if list_:
        print_workers(factory, as_json=json)
    else:
        raise typer.Exit(work(factory))
