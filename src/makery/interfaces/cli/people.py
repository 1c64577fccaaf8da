"""The person at the terminal: takes a seat in a team and agrees to tools."""

import asyncio
import sys

import typer

from makery.kernel.ports import Question

EXIT = "exit"
"""What a person says to leave a conversation."""

EDIT = ("e", "edit", "改")
"""What a person says to edit the code that they are shown."""


class TerminalPeople:
    """The `People` port on standard input and error. Once the input has ended, whoever sat there has left."""

    def __init__(self) -> None:
        self._ended = False

    async def ask(self, question: Question, /) -> str | None:
        """A line from the user; of given choices, one of them or its first letters."""
        if self._ended:
            return _left(question)
        shown = f" [{'/'.join(question.choices)}]" if question.choices else ""
        typer.echo(f"{question.text}{shown}" if question.text else "", err=True)
        while True:
            typer.echo(f"{_asked(question)}> ", nl=False, err=True)
            line = await _line()
            if line is None:
                self._ended = True
                return _left(question)
            edited = question.draft and line.strip().lower() in EDIT
            answer = _edited(question.draft) if edited else _chosen(line.strip(), question.choices)
            if answer is not None:
                return answer or question.default
            choices = ", ".join(question.choices)
            typer.echo(f"Please answer one of: {choices}" if choices else "Nothing was changed.", err=True)


def _edited(draft: str) -> str | None:
    """What the user's editor makes of code; None if nothing was changed or there is no editor."""
    import click

    try:
        return click.edit(draft, extension=".md")
    except click.ClickException as error:
        typer.echo(error.format_message(), err=True)
        return None


def _asked(question: Question) -> str:
    """Whose turn it is; a role that wants consent asks whoever is there."""
    return "you" if question.consent else question.role or "you"


def _left(question: Question) -> str | None:
    return None if question.choices else EXIT


def _chosen(line: str, choices: tuple[str, ...]) -> str | None:
    if not choices:
        return line
    fitting = [choice for choice in choices if line and choice.startswith(line)]
    return fitting[0] if len(fitting) == 1 or line in fitting else None


async def _line() -> str | None:
    """The next line of standard input, None at its end. Waiting for it does not block the run."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(sys.stdin.fileno(), ready.set)
    except (OSError, ValueError, NotImplementedError, PermissionError):
        # No file that can be waited for: a test, a regular file.
        return sys.stdin.readline() or None
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline() or None
