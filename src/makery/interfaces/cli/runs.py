"""`makery runs list|show|resume`."""

from typing import Annotated, Any

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="List, look at and continue runs.")

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id, or its first characters.", show_default=False)
]


@app.command("list")
@reported
def list_runs(ctx: typer.Context, json: o.Json = False) -> None:
    """List all runs, the newest first."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.tables import show
    from makery.interfaces.cli.text import when

    rows = [
        {
            "run": run.id,
            "began": when(run.created),
            "state": run.status,
            "exit_status": run.exit_status,
            "verdict": run.verdict or None,
            "mode": run.mode,
            "model": run.model,
            "out": run.out,
            "requirement": run.requirement,
        }
        for run in factory_of(ctx).runs()
    ]
    columns = ("run", "state", "verdict", "requirement", "began", "mode", "model", "out")
    nothing = 'No runs yet. Begin with: makery "what you want"'
    show(rows, columns, as_json=json, empty=nothing, brief=("requirement",))


@app.command("show")
@reported
def show_run(ctx: typer.Context, run: RunArgument, json: o.Json = False) -> None:
    """Show one run: what was asked, what came out, what it cost."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.summary import print_run

    print_run(factory_of(ctx).show(run), as_json=json)


@app.command("resume")
@reported
@o.taking(o.LIMIT_OPTIONS)
def resume(
    ctx: typer.Context,
    run: RunArgument,
    *,
    yes: o.Yes = False,
    json: o.Json = False,
    stream: o.Stream = False,
    **given: Any,
) -> None:
    """Continue a run that stopped; what was finished is not done or paid for again."""
    from makery.app.options import ResumeOptions
    from makery.interfaces.cli.running import conduct

    order = ResumeOptions(run=run, yes=yes, **given)
    conduct(ctx, lambda factory, view: factory.resume(order, view), json=json, stream=stream)
