"""`makery runs answer`."""

import asyncio
import getpass
import json
from pathlib import Path

import typer

from makery.app.factory import Factory
from makery.app.questions import OpenQuestion, OpenTurn
from makery.interfaces.cli.running import factory_of, read_inputs
from makery.interfaces.cli.text import when
from makery.kernel.errors import InputError
from makery.kernel.gates import Decision


def answer_run(
    ctx: typer.Context,
    run: str,
    *,
    approve: bool,
    reject: bool,
    edit: Path | None,
    note: str,
    gate: str | None,
    role: str | None = None,
    as_json: bool,
) -> None:
    """Send the decision, or print the open questions if there is none.

    Raises:
        InputError: there are several decisions, no such question, or the document does not fit.
    """
    factory = factory_of(ctx)
    decision = _decision(approve=approve, reject=reject, edit=edit)
    if decision is None and note:
        raise InputError("A note alone decides nothing.", remedy="Add --approve, --reject or --edit FILE.")
    if decision is None:
        _print_open(factory.questions(run), factory.turns(run, role=role), run, as_json=as_json)
        return
    document = _document(edit) if edit is not None else None
    sent = factory.answer(run, decision, gate=gate, note=note, document=document, by=_who())
    question = asyncio.run(sent)
    said = {"run_id": question.run, "gate": question.gate, "decision": decision}
    typer.echo(json.dumps(said) if as_json else f"Run {question.run}, {question.gate}: {decision}")
    if not as_json:
        _tell_if_idle(factory, question.run)


def say_in_run(ctx: typer.Context, run: str, text: str, *, role: str | None, as_json: bool) -> None:
    """Speak in a seat of a run.

    Raises:
        InputError: no seat waits, or the text is none of the choices.
    """
    factory = factory_of(ctx)
    turn = asyncio.run(factory.say(run, text, role=role, by=_who()))
    said = {"run_id": turn.run, "role": turn.role, "text": text}
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else f"Run {turn.run}, {turn.role}: {text}")
    if not as_json:
        _tell_if_idle(factory, turn.run)


def _tell_if_idle(factory: Factory, run: str) -> None:
    if factory.find(run).status != "running":
        typer.echo(f"Nobody works on it now. Continue it with: makery runs resume {run}", err=True)


def _decision(*, approve: bool, reject: bool, edit: Path | None) -> Decision | None:
    if approve + reject + (edit is not None) > 1:
        raise InputError("Only one of --approve, --reject and --edit can be meant.")
    return "approve" if approve else "reject" if reject else "edit" if edit is not None else None


def _document(file: Path) -> object:
    try:
        return json.loads(read_inputs([file])[0])
    except json.JSONDecodeError as error:
        raise InputError(f"{str(file)!r} is no JSON: {error}.") from None


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return ""


def _print_open(
    questions: tuple[OpenQuestion, ...], turns: tuple[OpenTurn, ...], run: str, *, as_json: bool
) -> None:
    if as_json:
        typer.echo(json.dumps([each.model_dump() for each in (*questions, *turns)], ensure_ascii=False))
        return
    for turn in turns:
        choices = f" [{'/'.join(turn.choices)}]" if turn.choices else ""
        shown = (
            (f"({turn.role} is asked; read it with --as {turn.role})",)
            if turn.hidden
            else (f"{turn.text}{choices}", turn.draft)
        )
        typer.echo("\n".join(filter(None, shown)))
        typer.echo(f"Answer as {turn.role}: makery runs answer {run} --as {turn.role} --say TEXT", err=True)
    if not questions and not turns:
        typer.echo(f"Run {run} waits for no answer.", err=True)
    for question in questions:
        typer.echo(f"Is the {question.gate} right? Asked {when(question.since)}.", err=True)
        typer.echo(json.dumps(question.document, ensure_ascii=False, indent=2))
        typer.echo(f"Answer with --approve, --reject or --edit FILE: makery runs answer {run} …", err=True)
