"""Where errors become a message and the documented exit status: at the edge of every command."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

P = ParamSpec("P")


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """The command, with every error it raises told to the user; as JSON if it was called with `json`."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the outermost boundary; the traceback goes into a file
            from makery.interfaces.cli.failure import tell

            raise typer.Exit(tell(error, as_json=bool(kwargs.get("json")))) from None

    return wrapped
