"""What `makery models pull` and `makery models test` print."""

import asyncio
import json

import typer

from makery.app.factory import Factory

_STEP = 5
"""Percent between two lines where there is no terminal."""


def pull_weights(factory: Factory, name: str | None) -> str:
    """Fetch weights with progress on standard error; the path."""
    shown = -_STEP

    def tell(done: int, total: int, note: str) -> None:
        nonlocal shown
        percent = 100 * done // max(total, 1)
        if note:
            typer.echo(note, err=True)
        elif percent >= shown + _STEP:
            shown = percent
            typer.echo(f"{percent:3d} %  {done >> 20:,} of {total >> 20:,} MiB", err=True)

    return str(factory.pull_weights(name, tell))


def try_model(factory: Factory, name: str | None, *, as_json: bool) -> int:
    """Ask a model one question, print what came of it, give the exit status."""
    trial = asyncio.run(factory.try_model(name))
    typer.echo(json.dumps(trial.model_dump(), ensure_ascii=False) if as_json else trial.message)
    return trial.exit_status
