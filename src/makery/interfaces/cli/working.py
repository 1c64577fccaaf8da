"""Being a worker until told to stop."""

import asyncio

import typer

from makery.app.factory import Factory
from makery.interfaces.cli.errors import INTERRUPTED
from makery.interfaces.cli.running import stop_on_signals
from makery.interfaces.cli.tables import show
from makery.interfaces.cli.text import when


def work(factory: Factory) -> int:
    """Work; the exit status once somebody stopped it."""
    asyncio.run(_work(factory))
    return INTERRUPTED


async def _work(factory: Factory) -> None:
    working = asyncio.create_task(factory.work(lambda text: typer.echo(text, err=True)))
    stop_on_signals(working.cancel)
    await asyncio.wait({working})
    if not working.cancelled():
        working.result()


def print_workers(factory: Factory, *, as_json: bool) -> None:
    """A table of the workers that live."""
    rows = [
        {"worker": row.executor, "version": row.version, "place": row.place, "since": when(row.joined)}
        for row in factory.workers()
    ]
    columns = ("worker", "version", "place", "since")
    show(rows, columns, as_json=as_json, empty="No workers. Begin with: makery worker")
