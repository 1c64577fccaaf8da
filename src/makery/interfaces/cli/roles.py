"""`makery roles list`."""

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="The roles of the company.")


@app.callback()
def roles() -> None:
    """The roles of the company."""


@app.command("list")
@reported
def list_roles(ctx: typer.Context, json: o.Json = False) -> None:
    """List all roles with their goal, what they watch and which skills they have."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.tables import show

    rows = [
        {
            "role": role.name,
            "title": role.title,
            "goal": role.goal,
            "watches": role.watches,
            "skills": role.skills,
        }
        for role in factory_of(ctx).roles()
    ]
    columns = ("role", "goal", "skills", "watches", "title")
    show(rows, columns, as_json=json, empty="No roles are installed.")
