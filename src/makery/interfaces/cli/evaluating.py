"""From the arguments of `makery eval` to results in front of the user's eyes."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from makery.app.factory import Factory
from makery.interfaces.cli.running import factory_of, stop_on_signals
from makery.interfaces.cli.text import duration
from makery.kernel.errors import InputError, StorageFailure
from makery.lab.evaluation import Evaluation
from makery.lab.grading import Bench, grade
from makery.lab.line import Configuration, Line, Mode, public_name, read_lines
from makery.lab.modes import candidates_of
from makery.lab.plan import Plan
from makery.lab.plot import svg
from makery.lab.provenance import provenance
from makery.lab.report import markdown
from makery.lab.suites import chosen, suite
from makery.lab.summary import Summary, summaries
from makery.lab.task import Task


@dataclass(frozen=True)
class Wish:
    """The command's arguments."""

    suite: str
    data: Path
    mode: Mode
    ids: tuple[str, ...]
    subset: int | None
    samples: int
    candidates: int | None
    resume: bool
    out: Path
    work: Path | None
    jobs: int
    label: str
    model: str | None
    seed: int | None
    unsafe_local: bool
    max_tokens: int | None
    max_usd: float | None
    max_minutes: float | None
    max_calls: int | None
    allow_unknown_price: bool


def evaluate(ctx: typer.Context, wish: Wish, *, as_json: bool) -> None:
    """Do it, telling each task on standard error; then print the report, or facts as JSON."""
    factory = factory_of(ctx)
    plan = _plan(factory, wish)
    lines = asyncio.run(_conduct(Evaluation(factory, plan, _tell), resume=wish.resume))
    if as_json:
        typer.echo(json.dumps([_facts(one) for one in summaries(lines)], ensure_ascii=False))
    else:
        typer.echo(markdown(lines), nl=False)
        typer.echo(f"Results: {plan.out}", err=True)


def _plan(factory: Factory, wish: Wish) -> Plan:
    """Everything is looked at before the first run: data, ids, model, sandbox, files."""
    tasks = chosen(suite(wish.suite).tasks(wish.data), wish.ids, wish.subset)
    if wish.out.exists() and not wish.resume:
        raise InputError(
            f"{str(wish.out)!r} exists.",
            remedy="Add --resume to go on with it, or name another file with --out.",
        )
    model = factory.model_name(wish.model)
    configuration = Configuration(
        suite=wish.suite,
        mode=wish.mode,
        model=public_name(model),
        seed=factory.settings.seed if wish.seed is None else wish.seed,
        candidates=candidates_of(wish.mode, wish.candidates),
        label=wish.label,
        max_minutes=wish.max_minutes,
        max_tokens=wish.max_tokens,
        max_usd=wish.max_usd,
        max_calls=wish.max_calls,
        process=provenance().process,
    )
    return Plan(
        configuration=configuration,
        tasks=tasks,
        provenance=provenance(),
        model=model,
        out=_writable(wish.out),
        work=wish.work or factory.settings.home / "eval",
        samples=wish.samples,
        subset=None if wish.ids else wish.subset,
        jobs=wish.jobs,
        unsafe_local=wish.unsafe_local,
        any_price=wish.allow_unknown_price,
    )


def _writable(out: Path) -> Path:
    if not out.absolute().parent.is_dir():
        raise InputError(
            f"There is no folder {str(out.absolute().parent)!r}.", remedy="Make it, or change --out."
        )
    return out


async def _conduct(evaluation: Evaluation, *, resume: bool) -> tuple[Line, ...]:
    task = asyncio.ensure_future(evaluation.run(resume=resume))
    stop_on_signals(task.cancel)
    return await task


def _tell(line: Line, done: int, total: int) -> None:
    judged = {True: "solved", False: f"not solved ({line.failure})", None: "not run"}[line.solved]
    parts = [
        f"[{done}/{total}] {line.id}: {judged}, {line.passed} of {line.total} tests",
        line.verdict or line.error or "no verdict",
        f"{line.tokens.total:,} tokens in {line.calls} calls",
        duration(line.seconds),
    ]
    typer.echo(", ".join(parts), err=True)


def print_report(files: Sequence[Path], *, out: Path | None, plot: Path | None, as_json: bool) -> None:
    """Print or write the report on result files."""
    lines = read_lines(files)
    if not lines:
        raise InputError("The files hold no results.")
    found = summaries(lines)
    if plot is not None:
        _write(plot, svg(found))
    if as_json:
        typer.echo(json.dumps([_facts(one) for one in found], ensure_ascii=False))
    elif out is not None:
        _write(out, markdown(lines))
    else:
        typer.echo(markdown(lines), nl=False)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFailure(f"{str(path)!r} cannot be written: {error.strerror}.") from None


def _facts(one: Summary) -> dict[str, Any]:
    """What `--json` prints of a configuration. Scripts depend on its names: add, never rename."""
    return {
        "configuration": one.configuration.model_dump(mode="json"),
        "tasks": len(one.lines),
        "not_run": one.not_run,
        "solved": one.solved,
        "solved_rate": one.rate,
        "base_solved": one.base_solved,
        "fraction": one.fraction,
        "tokens": one.tokens,
        "tokens_per_solved": one.tokens_per_solved,
        "verified": one.verified,
        "verdict_precision": one.precision,
        "verdict_recall": one.recall,
        "seconds_per_task": one.seconds,
        "failures": dict(one.failures),
    }


def check_suite(
    ctx: typer.Context, name: str, data: Path, ids: Sequence[str], subset: int | None, *, unsafe_local: bool
) -> None:
    """Judge the data's own solutions; leaves with status 3 if one of them fails."""
    tasks = [task for task in chosen(suite(name).tasks(data), ids, subset) if task.reference]
    if not tasks:
        raise InputError(f"The data of {name!r} hold no solutions to check.")
    factory = factory_of(ctx)
    bench = Bench(factory.sandbox(unsafe_local=unsafe_local), factory.packages())
    bad = asyncio.run(_check(tasks, bench))
    typer.echo(f"{len(tasks) - bad} of {len(tasks)} solutions pass all tests.")
    raise typer.Exit(3 if bad else 0)


async def _check(tasks: Sequence[Task], bench: Bench) -> int:
    bad = 0
    for task in tasks:
        graded = await grade(task, dict(task.reference), bench)
        if not graded.solved:
            bad += 1
            why = "; ".join(f"{one.test}: {one.message or one.failure}" for one in graded.failed[:2])
            typer.echo(f"{task.id}: {graded.passed} of {graded.total}, {graded.trouble} {why}", err=True)
    return bad
