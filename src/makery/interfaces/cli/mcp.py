"""`makery mcp`."""

from pathlib import Path
from typing import Annotated

import typer

from makery.interfaces.cli.errors import reported


@reported
def mcp(
    ctx: typer.Context,
    http: Annotated[
        bool,
        typer.Option("--http", help="Streamable HTTP on this machine instead of standard input and output."),
    ] = False,
    port: Annotated[int, typer.Option("--port", metavar="N", min=1, max=65535, help="For --http.")] = 8765,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="Programs are made and repositories changed only below it.",
            show_default="current folder",
        ),
    ] = None,
) -> None:
    """Serve Makery to other agents over MCP: build, change, teams; look, stop, go on; answer what runs ask.

    An MCP client starts it with the command [bold]makery mcp[/bold]. With [bold]--http[/bold] it
    listens on 127.0.0.1 only, at /mcp.
    """
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.mcp.server import mcp_server

    server = mcp_server(factory_of(ctx), root or Path.cwd())
    if http:
        server.run("streamable-http", host="127.0.0.1", port=port)
    else:
        server.run("stdio")
