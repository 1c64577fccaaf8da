"""Where errors become a message and the documented exit status: at the edge of every command."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

P = ParamSpec("P")
INTERRUPTED = 130


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """The command, with every error it raises told to the user; as JSON if it was called with `json`."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except typer.Abort:  # Ctrl-C at a question, or nobody there to answer it
            typer.echo("Aborted.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.TyperException, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the outermost boundary; the traceback goes into a file
            from makery.interfaces.cli.failure import tell

            raise typer.Exit(tell(error, as_json=bool(kwargs.get("json")))) from None

    return wrapped
