"""Steps, records and comparisons of runs on standard output."""

import json
from collections.abc import Sequence

import typer

from makery.app.artifacts import record_of
from makery.app.comparison import Comparison
from makery.app.labels import Label
from makery.app.run_steps import RunStep, of_skill
from makery.interfaces.cli.tables import show
from makery.interfaces.cli.text import when
from makery.store.runs import RunRecord


def print_steps(steps: Sequence[RunStep], *, as_json: bool) -> None:
    """Print the numbered list."""
    rows = [
        {
            "step": step.number,
            "role": step.message.sender,
            "skill": step.message.skill,
            "made": step.message.artifact.kind(),
            "about": step.label,
            "when": when(step.at),
        }
        for step in steps
    ]
    columns = ("step", "skill", "about", "role", "made", "when")
    show(rows, columns, as_json=as_json, empty="No step has ended yet.")


def print_step(step: RunStep) -> None:
    """Print the artifact in the form that `fork --edit` reads."""
    typer.echo(json.dumps(record_of(step.message.artifact), ensure_ascii=False, indent=2))


def tell_which(steps: Sequence[RunStep], wanted: str, run: str) -> None:
    """Say on standard error which step is meant, where a skill has made several."""
    fitting = of_skill(steps, wanted)
    if len(fitting) < 2:
        return
    numbers = ", ".join(str(step.number) for step in fitting)
    typer.echo(
        f"Run {run} has {len(fitting)} steps of {wanted!r}: {numbers}. This is step {fitting[0].number}; "
        f"say another by its number. What they are about: makery runs show {run} --steps",
        err=True,
    )


def print_labels(labels: Sequence[Label]) -> None:
    """Print who decided what, without the artifacts."""
    rows = [
        {
            "run": label.run,
            "step": label.step,
            "gate": label.gate,
            "decision": label.decision,
            "reason": label.reason,
            "who": label.who,
            "when": when(label.when),
        }
        for label in labels
    ]
    columns = ("run", "gate", "decision", "reason", "who", "when", "step")
    show(rows, columns, as_json=False, empty="Nobody has decided at a gate yet.", brief=("reason",))


def print_record(record: RunRecord, *, as_json: bool) -> None:
    """Print a run's state, and how to go on."""
    if as_json:
        typer.echo(json.dumps({"run_id": record.id, "state": record.status}))
        return
    typer.echo(f"Run {record.id}: {record.status}")
    if record.status == "paused":
        typer.echo(f"Continue it with: makery runs resume {record.id}")


def print_comparison(found: Comparison, *, as_json: bool) -> None:
    """Print what differs; with the programs' unified diff at the end."""
    if as_json:
        typer.echo(found.model_dump_json())
        return
    rows = [{"": fact.name, found.a: fact.a, found.b: fact.b} for fact in found.facts]
    show(rows, ("", found.a, found.b), as_json=False, empty="")
    typer.echo(f"\n{found.same_steps} steps came to the same result.")
    places = {"a": f"only in {found.a}", "b": f"only in {found.b}", "both": "different results"}
    for step in found.steps:
        typer.echo(f"  {places[step.where]}: {step.role}, {step.skill}: {step.about}")
    typer.echo(f"\n{found.program}" if found.program else "\nThe programs are equal.")
