"""Writes docs/cli.md from what every command says with `--help`.

Usage: python scripts/cli_reference.py [--check]

With --check nothing is written: exit status 1 if the page is stale.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.main import get_command

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
HEAD = """\
# Command line

Written by `python scripts/cli_reference.py` from the commands' own `--help`; a test fails when it is stale.

Exit status of every command: 0 done (`build`, `change`: verified), 2 wrong input or settings, 3 delivered but
not verified, 4 a limit was reached (the run can be continued), 5 no model or no sandbox can be had,
130 interrupted (the run can be continued), 1 a bug of ours.
"""


def command_paths() -> list[tuple[str, ...]]:
    """Give every command as the words that name it, groups before their members."""
    from makery.interfaces.cli.main import app

    return list(_walk(get_command(app), ()))


def help_of(path: tuple[str, ...]) -> str:
    """Give what `makery PATH --help` prints, 100 columns wide and without colours.

    Raises:
        CalledProcessError: there is no such command.
    """
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
    makery = Path(sys.executable).with_name("makery")
    done = subprocess.run(
        [str(makery), *path, "--help"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    lines = (line.rstrip() for line in done.stdout.strip("\n").splitlines())
    return "\n".join(lines).strip("\n")


def page() -> str:
    """Give the whole page."""
    parts = [HEAD]
    for path in command_paths():
        title = " ".join(("makery", *path))
        parts.append(f"{'##' if len(path) < 2 else '###'} {title}\n\n```text\n{help_of(path)}\n```\n")
    return "\n".join(parts)


def _walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    members: dict[str, object] = getattr(command, "commands", {})
    for name, member in members.items():
        yield from _walk(member, (*path, name))


def main(arguments: list[str]) -> int:
    """Write or compare the page; give the exit status."""
    text = page()
    if arguments == ["--check"]:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        typer.echo("docs/cli.md is stale: run `python scripts/cli_reference.py`.", err=True)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
