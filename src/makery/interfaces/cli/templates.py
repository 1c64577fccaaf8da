"""`makery templates list|install`."""

from pathlib import Path
from typing import Annotated

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="Teams and kits of tools to start from.")


@app.command("list")
@reported
def list_templates(json: o.Json = False) -> None:
    """List teams and kits of tools: Makery's own, and those of installed packages."""
    from makery.app.templates import templates
    from makery.interfaces.cli.tables import show

    rows = [
        {"template": row.name, "kind": row.kind, "from": row.origin, "about": row.about}
        for row in templates()
    ]
    show(rows, ("template", "kind", "from", "about"), as_json=json, empty="There are no templates.")


@app.command("install")
@reported
def install(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A team of the list.", show_default=False)],
    folder: Annotated[Path, typer.Option("--in", metavar="DIR", help="Where the file is written.")] = Path(),
) -> None:
    """Copy a team's file into your folder, to be changed and run.

    Packages with more of them are installed with pip: their entry points make them known here.
    """
    from makery.app.templates import install_template

    path = install_template(name, folder)
    typer.echo(str(path))
    typer.echo(f'Run it: makery team run {path} "…"', err=True)
