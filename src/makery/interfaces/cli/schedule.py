"""`makery schedule …`: what workers begin when it is due."""

from typing import Annotated, Any

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="Plan runs, and reminders of runs, that workers begin.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.", show_default=False)]
WHEN, WHAT = "When", "What"


@app.command("add")
@reported
@o.taking({"model": o.RUN_OPTIONS["model"], **o.LIMIT_OPTIONS})
def add(
    ctx: typer.Context,
    name: NameArgument,
    requirement: o.RequirementArgument = None,
    file: o.RequirementFile = None,
    cron: Annotated[
        str,
        typer.Option(
            "--cron",
            metavar="TEXT",
            rich_help_panel=WHEN,
            help="Again and again: '0 9 * * 1-5' or '@hourly'.",
        ),
    ] = "",
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", rich_help_panel=WHEN, help="Once: 2026-12-24T18:00, or +90m, +2h, +3d."
        ),
    ] = None,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", rich_help_panel=WHEN, help="Such as Asia/Shanghai.")
    ] = "UTC",
    team: Annotated[
        str | None,
        typer.Option(
            "--team", metavar="TEAM", rich_help_panel=WHAT, help="A team works on it; else it is a program."
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", rich_help_panel=WHAT, help="Wake a run that has stopped."),
    ] = None,
    *,
    catch_up: Annotated[
        bool,
        typer.Option(
            "--catch-up", rich_help_panel=WHEN, help="Make up for times at which no worker was there."
        ),
    ] = False,
    **given: Any,
) -> None:
    """Plan a run. Some worker has to be there when it is due: [bold]makery worker[/bold]."""
    from makery.interfaces.cli.planning import order_of, time_of
    from makery.interfaces.cli.running import factory_of

    moment = None if at is None else time_of(at, timezone)
    order = order_of(requirement, file, team, resume, given)
    factory_of(ctx).plan(name, order, cron=cron, at=moment, timezone=timezone, catch_up=catch_up)
    typer.echo(f"Planned: {name}", err=True)


@app.command("list")
@reported
def list_schedules(ctx: typer.Context, json: o.Json = False) -> None:
    """List what is planned."""
    from makery.interfaces.cli.planning import print_planned
    from makery.interfaces.cli.running import factory_of

    print_planned(factory_of(ctx).planned(), as_json=json)


@app.command("rm")
@reported
def remove(ctx: typer.Context, name: NameArgument) -> None:
    """Have it begin no more. Runs that it began go on."""
    from makery.interfaces.cli.running import factory_of

    factory_of(ctx).unplan(name)
    typer.echo(f"Removed: {name}", err=True)
