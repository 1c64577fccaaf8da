"""Following a run that another process works on."""

import asyncio
import sys

import typer

from makery.app.factory import Factory
from makery.interfaces.cli.errors import INTERRUPTED
from makery.interfaces.cli.plain import PlainView
from makery.interfaces.cli.summary import print_result


def follow(factory: Factory, run: str, *, after: int, role: str | None, as_json: bool) -> int:
    """Show entries as they come; the exit status of the run once nobody works on it."""
    try:
        asyncio.run(_follow(factory, run, after, role=role, as_json=as_json))
    except KeyboardInterrupt:
        return INTERRUPTED
    result = factory.show(run)
    if not as_json:
        print_result(result, as_json=False)
    return result.exit_status


async def _follow(factory: Factory, run: str, after: int, *, role: str | None, as_json: bool) -> None:
    at = 0.0
    view = PlainView(sys.stderr, clock=lambda: at)  # the time at which it happened, not at which it is shown
    async for entry in factory.watch(run, after=after, role=role):
        at = entry.at
        if as_json:
            typer.echo(entry.model_dump_json())
        else:
            view(entry.event)
