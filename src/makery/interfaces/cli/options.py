"""The options that several commands share, each defined once, and how a command takes them all."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, TypeVar

import typer

LIMITS, MODEL, OUTPUT, PEOPLE = "Limits", "Model", "Output", "Being asked"


class SilenceName(StrEnum):
    """What nobody's answer means."""

    approve = "approve"
    stop = "stop"


RequirementArgument = Annotated[
    str | None,
    typer.Argument(metavar="REQUIREMENT", help="What you want, in your own words.", show_default=False),
]
RequirementFile = Annotated[
    Path | None,
    typer.Option(
        "-f", "--file", metavar="FILE", help="Read the requirement from a file; - is standard input."
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        rich_help_panel=OUTPUT,
        help="Print one JSON object on standard output and nothing else there.",
    ),
]
Stream = Annotated[
    bool,
    typer.Option("--stream", rich_help_panel=OUTPUT, help="Show the text that models write as it comes."),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes", "-y", help="Ask nothing: record assumptions, and build over an earlier run's folder."
    ),
]
Detach = Annotated[
    bool,
    typer.Option(
        "--detach", "-d", help="Have workers do it (see `makery worker`); print the run's id, do not wait."
    ),
]
UnsafeLocal = Annotated[
    bool,
    typer.Option(
        "--unsafe-local", help="Run generated programs without a sandbox if there is none. Dangerous."
    ),
]
Ask = Annotated[
    str | None,
    typer.Option(
        "--ask",
        metavar="GATES",
        rich_help_panel=PEOPLE,
        help="Wait for your answer after: prd,design,plan,delivery (or some of them).",
    ),
]
AskMinutes = Annotated[
    float | None,
    typer.Option(
        "--ask-minutes", metavar="M", min=0.001, rich_help_panel=PEOPLE, help="Wait so long, not for ever."
    ),
]
SilenceOption = Annotated[
    SilenceName,
    typer.Option("--on-silence", rich_help_panel=PEOPLE, help="What it means if you do not answer in time."),
]
AnyPrice = Annotated[
    bool,
    typer.Option(
        "--allow-unknown-price",
        rich_help_panel=LIMITS,
        help="Use a model whose price is not known; its calls count as 0 USD.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", rich_help_panel=MODEL, help="A name of `makery models list`."),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", rich_help_panel=MODEL, help="Start of the random numbers."),
]
Record = Annotated[
    Path | None,
    typer.Option("--record", metavar="FILE", rich_help_panel=MODEL, help="Write all model calls to a file."),
]
Replay = Annotated[
    Path | None,
    typer.Option(
        "--replay", metavar="FILE", rich_help_panel=MODEL, help="Answer model calls from such a file."
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        "--max-tokens", metavar="N", min=1, rich_help_panel=LIMITS, help="Prompt and answer tokens."
    ),
]
MaxUsd = Annotated[
    float | None, typer.Option("--max-usd", metavar="X", min=0, rich_help_panel=LIMITS, help="US dollars.")
]
MaxMinutes = Annotated[
    float | None,
    typer.Option(
        "--max-minutes", metavar="M", min=0.001, rich_help_panel=LIMITS, help="Minutes, all sittings."
    ),
]
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", metavar="N", min=1, rich_help_panel=LIMITS, help="Model calls.")
]

LIMIT_OPTIONS: Mapping[str, tuple[object, object]] = {
    "max_tokens": (MaxTokens, None),
    "max_usd": (MaxUsd, None),
    "max_minutes": (MaxMinutes, None),
    "max_calls": (MaxCalls, None),
    "allow_unknown_price": (AnyPrice, False),
}
"""What may be used, by the names of the fields of `makery.app.options`: annotation and default."""

RUN_OPTIONS: Mapping[str, tuple[object, object]] = {
    "yes": (Yes, False),
    "unsafe_local": (UnsafeLocal, False),
    "model": (Model, None),
    "seed": (Seed, None),
    "record": (Record, None),
    "replay": (Replay, None),
    **LIMIT_OPTIONS,
}
"""What every kind of run can be told."""

WORK_OPTIONS: Mapping[str, tuple[object, object]] = {"detach": (Detach, False)}
"""Who does a run."""

PEOPLE_OPTIONS: Mapping[str, tuple[object, object]] = {
    "ask": (Ask, None),
    "ask_minutes": (AskMinutes, None),
    "on_silence": (SilenceOption, SilenceName.approve),
}
"""Where a run that makes software waits for a person; see `makery.interfaces.cli.running.ordered_people`."""

Command = TypeVar("Command", bound=Callable[..., None])


def taking(options: Mapping[str, tuple[object, object]]) -> Callable[[Command], Command]:
    """Gives a command those options in place of its `**given`: before its keyword-only ones."""

    def composed(command: Command) -> Command:
        own = signature(command).parameters.values()
        shared = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in options.items()
        ]
        first = [one for one in own if one.kind is Parameter.POSITIONAL_OR_KEYWORD]
        last = [one for one in own if one.kind is Parameter.KEYWORD_ONLY]
        every = [*first, *shared, *last]
        # Typer reads a command's options from its signature.
        command.__signature__ = Signature(every)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in every}
        return command

    return composed
