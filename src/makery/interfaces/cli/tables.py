"""Lists on standard output, for the commands that look things up: tables, tabs, or JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import typer

Value = str | int | float | bool | date | None | Sequence[str]
Row = Mapping[str, Value]

_WIDEST = 24
"""A text that is longer may be folded, if it is not what a user copies."""
_BRIEF = 60
"""Characters of a text that is only there to be recognised."""
_GAP = 1


def show(
    rows: Sequence[Row], table: Sequence[str], *, as_json: bool, empty: str, brief: Sequence[str] = ()
) -> None:
    """Print rows as a table or, for programs, as a JSON list of objects with typed values.

    The first column of `table` is what a user copies: it is never cut. The others stand in the order of
    their importance: on a narrow terminal the last ones are left out, and `brief` ones are shortened.
    Where standard output is not a terminal, rows are lines with tabs between their cells, after a line of
    names: all of them, in full.
    """
    if as_json:
        typer.echo(json.dumps([{k: _plain(v) for k, v in row.items()} for row in rows], ensure_ascii=False))
    elif not rows:
        typer.echo(empty, err=True)
    else:
        _print(rows, table, brief)


def _plain(value: Value) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: Value) -> str:
    """A value in full, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(value)
    return " ".join(str(_plain(value)).split())


def _shown(value: Value, brief: bool) -> str:
    """A value as people read it in a table."""
    text = value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else _cell(value) or "–"
    return f"{text[: _BRIEF - 1]}…" if brief and len(text) > _BRIEF else text


def _print(rows: Sequence[Row], columns: Sequence[str], brief: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        for line in (rows[0].keys(), *(map(_cell, row.values()) for row in rows)):
            typer.echo("\t".join(line))
        return
    texts = {name: [_shown(row[name], name in brief) for row in rows] for name in columns}
    fitting = _fitting(texts, console.width)
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for number, name in enumerate(fitting):
        grid.add_column(
            name.replace("_", " "), no_wrap=number == 0, overflow="fold", min_width=_least(name, texts)
        )
    for cells in zip(*(texts[name] for name in fitting), strict=True):
        grid.add_row(*map(Text, cells))
    console.print(grid, soft_wrap=len(fitting) == 1)
    left_out = [name.replace("_", " ") for name in columns if name not in fitting]
    if left_out:
        typer.echo(f"A wider terminal shows {', '.join(left_out)} as well; --json shows all.", err=True)


def _fitting(texts: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """The first columns, as many as have room beside each other."""
    fitting: list[str] = []
    taken = 0
    for name in texts:
        taken += _least(name, texts, whole=not fitting) + _GAP
        if fitting and taken > width:
            break
        fitting.append(name)
    return fitting


def _least(name: str, texts: Mapping[str, Sequence[str]], *, whole: bool = False) -> int:
    """The least width of a column in which it can be read."""
    from rich.cells import cell_len

    whole = whole or name == next(iter(texts))
    longest = max(map(cell_len, texts[name]))
    return max(longest if whole else min(longest, _WIDEST), *map(len, name.split("_")))
