"""Tables and JSON lists on standard output, for the commands that look things up."""

import json
from collections.abc import Sequence

import typer


def show(columns: Sequence[str], rows: Sequence[Sequence[str]], *, as_json: bool, empty: str) -> None:
    """Print rows as a table or, for programs, as a JSON list of objects.

    Where standard output is not a terminal, rows are lines with tabs between their cells.
    """
    if as_json:
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False))
    elif not rows:
        typer.echo(empty, err=True)
    else:
        _table(columns, rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
