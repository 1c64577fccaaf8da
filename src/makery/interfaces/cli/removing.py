"""`makery runs rm`."""

import re

import typer

from makery.app.factory import Factory
from makery.interfaces.cli.running import factory_of
from makery.interfaces.cli.text import when
from makery.kernel.errors import InputError
from makery.store.runs import RunRecord

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def remove_runs(ctx: typer.Context, names: tuple[str, ...], older_than: str | None, *, yes: bool) -> None:
    """Remove the named runs, or all that nobody worked on for so long, after a question.

    Raises:
        InputError: none or both are given, the age is none, or a run is under way.
    """
    factory = factory_of(ctx)
    found = _chosen(factory, names, older_than)
    if not found:
        typer.echo("There is no such run.", err=True)
        return
    for record in found:
        typer.echo(
            f"{record.id}  {when(record.created)}  {record.status}  {record.requirement[:60]}", err=True
        )
    if not yes and not typer.confirm(f"Remove {len(found)} from the database?", err=True):
        return
    for record in found:
        factory.remove(record.id)
    typer.echo(f"Removed: {len(found)}")


def _chosen(factory: Factory, names: tuple[str, ...], older_than: str | None) -> tuple[RunRecord, ...]:
    if names and older_than is not None:
        raise InputError("Runs are named, and --older-than is given.", remedy="Give one of the two.")
    if not names and older_than is None:
        raise InputError(
            "Name runs, or say --older-than AGE.", remedy="For example: makery runs rm --older-than 30d"
        )
    if older_than is not None:
        return factory.older_than(_age(older_than))
    return tuple(factory.find(name) for name in names)


def _age(text: str) -> float:
    match = re.fullmatch(r"(\d+)([mhdw])", text.strip())
    if match is None:
        raise InputError(f"{text!r} is no age.", remedy="A number with m, h, d or w: 90m, 12h, 30d, 8w.")
    return int(match[1]) * _SECONDS[match[2]]
