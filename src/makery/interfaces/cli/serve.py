"""`makery serve`."""

from typing import Annotated

import typer

from makery.interfaces.cli.errors import reported


@reported
def serve(
    ctx: typer.Context,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="Where to listen; only this machine reaches the default."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 for any free one.")
    ] = 8765,
) -> None:
    """Serve the web page, the HTTP API and the relay for models.

    Opens with the token that is printed. Keys for others are made over the API.
    """
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.server import serve as serve_until_stopped

    serve_until_stopped(factory_of(ctx), host=host, port=port, tell=typer.echo)
