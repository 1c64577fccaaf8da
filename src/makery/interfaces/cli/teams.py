"""`makery team run|list|check|draw|schema` and `makery chat`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

if TYPE_CHECKING:
    from makery.app.options import TeamOptions

app = typer.Typer(no_args_is_help=True, help="Teams as data: run, check and draw them.")

TeamArgument = Annotated[
    str,
    typer.Argument(metavar="TEAM", help="A team file, or a name of `makery team list`.", show_default=False),
]
Out = Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the team's files.")]
Load = Annotated[
    list[Path] | None,
    typer.Option("--load", metavar="FILE", help="An earlier turn as JSON artifact; may be repeated."),
]
Put = Annotated[
    list[Path] | None,
    typer.Option("--put", metavar="FILE", help="Copy a file into the team's folder; may be repeated."),
]
As = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="ROLE", help="Take this role yourself; may be repeated."),
]
CHAT_OPTIONS = {name: option for name, option in o.RUN_OPTIONS.items() if name != "yes"}
"""A chat is with the person at the terminal: it cannot be told to ask nobody."""


class Form(StrEnum):
    """How a diagram is written."""

    mermaid = "mermaid"
    svg = "svg"


@app.command("run")
@reported
@o.taking({**o.WORK_OPTIONS, **o.RUN_OPTIONS})
def run_team(
    ctx: typer.Context,
    team: TeamArgument,
    task: o.RequirementArgument = None,
    file: o.RequirementFile = None,
    out: Out = None,
    load: Load = None,
    put: Put = None,
    seats: As = None,
    *,
    json: o.Json = False,
    **given: Any,
) -> None:
    """Have a team work on a task; the conversation is shown as it is held.

    Exit status 0: it reached its end; 3: a limit on turns or the loop guard ended it.
    With [bold]--yes[/bold] nobody is asked: tools that need consent are refused.
    """
    from makery.app.societies import team_order
    from makery.interfaces.cli.running import read_inputs, read_requirement

    order = team_order(
        team,
        read_requirement(task, file),
        out=out,
        inputs=read_inputs(load or []),
        files=tuple(path.absolute() for path in put or ()),
        persons=tuple(seats or ()),
        **given,
    )
    _converse(ctx, order, json=json)


@reported
@o.taking(CHAT_OPTIONS)
def chat(
    ctx: typer.Context,
    message: Annotated[
        str | None, typer.Argument(metavar="MESSAGE", help="What you say first.", show_default=False)
    ] = None,
    team: Annotated[
        str, typer.Option("--team", metavar="NAME", help="A name of `makery team list`, or a team file.")
    ] = "assistant",
    out: Out = None,
    put: Put = None,
    seats: As = None,
    *,
    json: o.Json = False,
    **given: Any,
) -> None:
    """Talk with an assistant, or take your seat in a team. Say exit to leave.

    The assistant has files, web search and Python in the sandbox. Everything is
    kept: [bold]makery runs resume RUN[/bold] goes on where you stopped.
    """
    from makery.app.societies import team_order

    order = team_order(
        team,
        message or typer.prompt("you>", prompt_suffix=" ", err=True),
        out=out,
        files=tuple(path.absolute() for path in put or ()),
        persons=tuple(seats or ()),
        **given,
    )
    _converse(ctx, order, json=json)


def _converse(ctx: typer.Context, order: "TeamOptions", *, json: bool) -> None:
    import os
    import sys

    from makery.interfaces.cli.conversation import ConversationView
    from makery.interfaces.cli.people import TerminalPeople
    from makery.interfaces.cli.pictures import graphics_of
    from makery.interfaces.cli.running import conduct, factory_of

    factory = factory_of(ctx)
    if not order.yes:
        factory.people = TerminalPeople()
    ctx.obj = factory
    conduct(
        ctx,
        lambda maker, view: maker.start(order, view),
        json=json,
        stream=False,
        view=ConversationView(sys.stderr, graphics=graphics_of(os.environ, terminal=sys.stderr.isatty())),
        detach=order.detach,
    )


@app.command("list")
@reported
def list_teams(json: o.Json = False) -> None:
    """List the teams that can be run by name."""
    from makery.app.societies import team_rows
    from makery.interfaces.cli.tables import show

    rows = [
        {"team": row.name, "protocol": row.protocol, "about": row.about, "roles": list(row.roles)}
        for row in team_rows()
    ]
    show(rows, ("team", "protocol", "about", "roles"), as_json=json, empty="No teams are installed.")


@app.command("check")
@reported
def check(ctx: typer.Context, team: TeamArgument) -> None:
    """Check a team without running it: producers, reachability, tools, model."""
    from makery.app.societies import team_order
    from makery.interfaces.cli.running import factory_of

    order = team_order(team, "check")
    factory_of(ctx).check_team(order)
    typer.echo(f"{order.name}: can work.")


@app.command("draw")
@reported
def draw(
    ctx: typer.Context,
    team: TeamArgument,
    form: Annotated[Form, typer.Option("--form", help="What is written.")] = Form.mermaid,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write to a file instead.")
    ] = None,
) -> None:
    """Draw a team as a Mermaid flowchart or as an SVG picture."""
    from makery.app.societies import team_order
    from makery.interfaces.cli.running import factory_of

    text = factory_of(ctx).draw_team(team_order(team, "draw"), form.value)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command("schema")
@reported
def schema() -> None:
    """Print the JSON Schema of team files."""
    import json as text

    from makery.teams.team_file import team_schema

    typer.echo(text.dumps(team_schema(), indent=2))
