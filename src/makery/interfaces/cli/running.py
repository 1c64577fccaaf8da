"""From a command's arguments to a run in front of the user's eyes."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import typer

from makery.app.factory import Factory
from makery.app.handle import RunHandle
from makery.app.options import ResumeOptions
from makery.app.result import RunResult
from makery.interfaces.cli.summary import print_result
from makery.interfaces.cli.view import View, choose_view
from makery.kernel.errors import InputError, PriceUnknown
from makery.kernel.gates import Gate

MOST_BYTES = 1 << 20
"""A requirement file larger than this is not even read; how long one may be is said elsewhere."""

_DETACHED = """Workers do it; there have to be some: makery worker
Follow it: makery runs watch {run}
Take what it made: makery runs export {run} --workspace DIR"""

Start = Callable[[Factory, View], Awaitable[RunHandle]]


def factory_of(ctx: typer.Context) -> Factory:
    """The factory; a test hands its own in as the context's object."""
    return ctx.obj if isinstance(ctx.obj, Factory) else Factory()


def conduct(
    ctx: typer.Context,
    start: Start,
    *,
    json: bool,
    stream: bool,
    view: View | None = None,
    detach: bool = False,
) -> None:
    """Start a run, show it, print how it ended, and leave with its exit status."""
    factory = factory_of(ctx)
    view = view or choose_view(stream=stream)
    result = asyncio.run(_conduct(factory, start, view, detach=detach))
    if result is None:
        return
    if isinstance(result.error, PriceUnknown) and _user_agrees(result.error):
        again = ResumeOptions(run=result.run_id, allow_unknown_price=True)
        view = choose_view(stream=stream)
        going_on = _conduct(factory, lambda maker, shown: maker.resume(again, shown), view)
        result = asyncio.run(going_on) or result
    print_result(result, as_json=json)
    raise typer.Exit(result.exit_status)


def _user_agrees(question: PriceUnknown) -> bool:
    """Asks, where there is somebody to ask; nobody's silence is no consent to unknown cost."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(f"{question.message} Call it all the same?", err=True)


async def _conduct(factory: Factory, start: Start, view: View, *, detach: bool = False) -> RunResult | None:
    handle = await start(factory, view)
    if detach:
        handle.cancel()
        typer.echo(handle.run_id)
        typer.echo(_DETACHED.format(run=handle.run_id), err=True)
        return None
    if handle.over:
        typer.echo(f"Run {handle.run_id} has ended; there is nothing to continue.", err=True)
        return await handle.wait()
    stop_on_signals(handle.cancel)
    with view.shown():
        return await handle.wait()


def stop_on_signals(cancel: Callable[[], object]) -> None:
    """The first Ctrl-C or SIGTERM stops cleanly; a second one has its usual effect."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        cancel()

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    except (RuntimeError, ValueError):
        # Not the main thread (a test, an embedding program): signals are not ours to take there.
        return


def read_requirement(text: str | None, file: Path | None) -> str:
    """The requirement from the argument, a file, or standard input.

    Raises:
        InputError: both or none were given, or the file cannot be read.
    """
    if (text is None) == (file is None):
        given = "Both were given." if text is not None else "None was given."
        raise InputError(
            f"{given} Give the requirement either in quotes or with -f FILE.",
            remedy='For example: makery "A command-line to-do list"',
        )
    if file is None:
        return text or ""
    return _decoded(_bytes(file), file)


def ordered_people(given: dict[str, Any]) -> dict[str, Any]:
    """The options of `PEOPLE_OPTIONS` among others, as the fields of an order.

    Raises:
        InputError: a gate is not known.
    """
    fields = {name: value for name, value in given.items() if name not in ("ask", "on_silence")}
    return {**fields, "ask": read_gates(given["ask"]), "silence": given["on_silence"].value}


def read_gates(text: str | None) -> tuple[Gate, ...]:
    """The gates in a list with commas.

    Raises:
        InputError: one is not known.
    """
    known: dict[str, Gate] = {gate: gate for gate in get_args(Gate)}
    names = dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"There is no gate {unknown[0]!r}.", remedy=f"There are: {', '.join(known)}.")
    return tuple(known[name] for name in names)


def read_inputs(files: list[Path]) -> tuple[str, ...]:
    """The texts of artifact files.

    Raises:
        InputError: one cannot be read.
    """
    return tuple(_decoded(_bytes(file), file) for file in files)


def _bytes(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"The file {str(file)!r} cannot be read: {error.strerror}.") from None


def _decoded(data: bytes, file: Path) -> str:
    if len(data) > MOST_BYTES:
        raise InputError(
            f"The file {str(file)!r} is larger than {MOST_BYTES >> 10} KiB.", remedy="Shorten it."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file {str(file)!r} is not UTF-8 text: byte {error.start} does not fit.",
            remedy="Save it as UTF-8.",
        ) from None


def write_lines(lines: Iterable[str], out: Path | None) -> None:
    """Write lines, which have their line ends, to a file or to standard output.

    Raises:
        InputError: the file cannot be written.
    """
    if out is None:
        for line in lines:
            typer.echo(line, nl=False)
        return
    try:
        out.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InputError(f"The file {str(out)!r} cannot be written: {error.strerror}.") from None
