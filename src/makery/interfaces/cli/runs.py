"""`makery runs …`: what can be done with runs that exist."""

from pathlib import Path
from typing import Annotated, Any

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="List, look at, stop, continue and branch runs.")

Eyes = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="ROLE",
        help="With that role's eyes, where persons take part in a run that lasts; '*' for everything.",
    ),
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id, or its first characters.", show_default=False)
]


@app.command("list")
@reported
def list_runs(ctx: typer.Context, json: o.Json = False) -> None:
    """List all runs, the newest first."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.tables import show
    from makery.interfaces.cli.text import when

    rows = [
        {
            "run": run.id,
            "began": when(run.created),
            "state": run.status,
            "exit_status": run.exit_status,
            "verdict": run.verdict or None,
            "mode": run.mode,
            "model": run.model,
            "out": run.out,
            "requirement": run.requirement,
        }
        for run in factory_of(ctx).runs()
    ]
    columns = ("run", "state", "verdict", "requirement", "began", "mode", "model", "out")
    nothing = 'No runs yet. Begin with: makery "what you want"'
    show(rows, columns, as_json=json, empty=nothing, brief=("requirement",))


@app.command("show")
@reported
def show_run(
    ctx: typer.Context,
    run: RunArgument,
    steps: Annotated[bool, typer.Option("--steps", help="List the finished steps, numbered.")] = False,
    step: Annotated[
        str | None,
        typer.Option(
            "--step", metavar="STEP", help="Print one step's artifact: its number, or a skill's first."
        ),
    ] = None,
    role: Eyes = None,
    json: o.Json = False,
) -> None:
    """Show one run: what was asked, what came out, what it cost."""
    from makery.interfaces.cli.run_tables import print_step, print_steps, tell_which
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.summary import print_run

    factory = factory_of(ctx)
    if step is not None:
        print_step(factory.step(run, step, role=role))
        tell_which(factory.steps(run, role=role), step, run)
    elif steps:
        print_steps(factory.steps(run, role=role), as_json=json)
    else:
        print_run(factory.show(run), as_json=json)


@app.command("watch")
@reported
def watch(
    ctx: typer.Context,
    run: RunArgument,
    after: Annotated[
        int, typer.Option("--after", metavar="N", min=0, help="Begin after entry N of the ledger.")
    ] = 0,
    role: Eyes = None,
    json: Annotated[bool, typer.Option("--json", help="Print ledger entries as JSON Lines.")] = False,
) -> None:
    """Follow a run from wherever you are, until nobody works on it.

    Leaves with the run's exit status. Interrupting the command does not stop the run.
    """
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.watching import follow

    raise typer.Exit(follow(factory_of(ctx), run, after=after, role=role, as_json=json))


@app.command("resume")
@reported
@o.taking(o.LIMIT_OPTIONS)
def resume(
    ctx: typer.Context,
    run: RunArgument,
    *,
    yes: o.Yes = False,
    json: o.Json = False,
    stream: o.Stream = False,
    **given: Any,
) -> None:
    """Continue a run that stopped; what was finished is not done or paid for again."""
    from makery.app.options import ResumeOptions
    from makery.interfaces.cli.running import conduct

    order = ResumeOptions(run=run, yes=yes, **given)
    conduct(ctx, lambda factory, view: factory.resume(order, view), json=json, stream=stream)


@app.command("answer")
@reported
def answer(
    ctx: typer.Context,
    run: RunArgument,
    approve: Annotated[bool, typer.Option("--approve", help="Go on with it.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Not this; the run ends.")] = False,
    edit: Annotated[
        Path | None, typer.Option("--edit", metavar="FILE", help="Go on with this instead: a JSON file.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, in your own words.")] = "",
    gate: Annotated[
        str | None, typer.Option("--gate", metavar="GATE", help="Which question, where there are several.")
    ] = None,
    say: Annotated[
        str | None, typer.Option("--say", metavar="TEXT", help="Speak in a seat that waits for a person.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option("--as", metavar="ROLE", help="Whose seat, where several are open or persons take part."),
    ] = None,
    json: o.Json = False,
) -> None:
    """Decide what a run waits for; without a decision, print what it is.

    The run goes on at once if it is under way, else when it is resumed.
    """
    from makery.interfaces.cli.answering import answer_run, say_in_run

    if say is not None:
        say_in_run(ctx, run, say, role=role, as_json=json)
        return
    answer_run(
        ctx, run, approve=approve, reject=reject, edit=edit, note=note, gate=gate, role=role, as_json=json
    )


@app.command("pause")
@reported
def pause(ctx: typer.Context, run: RunArgument, json: o.Json = False) -> None:
    """Stop a run, whoever works on it; `resume` continues it."""
    import asyncio

    from makery.interfaces.cli.run_tables import print_record
    from makery.interfaces.cli.running import factory_of

    print_record(asyncio.run(factory_of(ctx).pause(run)), as_json=json)


@app.command("cancel")
@reported
def cancel(ctx: typer.Context, run: RunArgument, json: o.Json = False) -> None:
    """Give a run up: stop it, and never continue it. What it made stays."""
    import asyncio

    from makery.interfaces.cli.run_tables import print_record
    from makery.interfaces.cli.running import factory_of

    print_record(asyncio.run(factory_of(ctx).give_up(run)), as_json=json)


@app.command("fork")
@reported
@o.taking(o.LIMIT_OPTIONS)
def fork(
    ctx: typer.Context,
    run: RunArgument,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="STEP",
            help="First step to do anew: its number, or a skill's first.",
            show_default=False,
        ),
    ],
    edit: Annotated[
        Path | None,
        typer.Option(
            "--edit", metavar="ARTIFACT", help="JSON file that stands in for the result of that step."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for the program; a new one if not given."),
    ] = None,
    *,
    model: o.Model = None,
    seed: o.Seed = None,
    yes: o.Yes = False,
    json: o.Json = False,
    stream: o.Stream = False,
    **given: Any,
) -> None:
    """Go another way from a step, in a new run; what came before is not done or paid for again.

    `makery runs show RUN --steps` numbers the steps.
    """
    from makery.app.options import ForkOptions
    from makery.interfaces.cli.run_tables import tell_which
    from makery.interfaces.cli.running import conduct, factory_of, read_inputs

    tell_which(factory_of(ctx).steps(run), at, run)
    order = ForkOptions(
        run=run,
        at=at,
        edit=read_inputs([edit])[0] if edit else None,
        out=out,
        model=model,
        seed=seed,
        yes=yes,
        **given,
    )
    conduct(ctx, lambda factory, view: factory.fork(order, view), json=json, stream=stream)


@app.command("diff")
@reported
def diff(
    ctx: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help="A run.", show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", help="Another run.", show_default=False)],
    json: o.Json = False,
) -> None:
    """Compare two runs: cost, verdict, steps, program."""
    from makery.interfaces.cli.run_tables import print_comparison
    from makery.interfaces.cli.running import factory_of

    print_comparison(factory_of(ctx).compare(a, b), as_json=json)


@app.command("export")
@reported
def export(
    ctx: typer.Context,
    run: RunArgument,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write there, not to standard output.")
    ] = None,
    recording: Annotated[
        bool,
        typer.Option("--recording", help="The model calls, for `makery build --replay`, not the ledger."),
    ] = False,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="Write program, documents and report into a folder."),
    ] = None,
    role: Eyes = None,
) -> None:
    """Write out a run's ledger as JSON Lines, its recording, or its program."""
    from makery.interfaces.cli.running import factory_of, write_lines

    factory = factory_of(ctx)
    if workspace is not None:
        factory.restore(run, workspace)
        typer.echo(f"Written: {workspace}", err=True)
    if workspace is None or out is not None or recording:
        write_lines(factory.recording(run) if recording else factory.export(run, role=role), out)


@app.command("labels")
@reported
def labels(
    ctx: typer.Context,
    runs: Annotated[list[str] | None, typer.Argument(metavar="RUN…", help="Runs; all if not given.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write JSON Lines there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """List what persons approved, edited and rejected at gates, or write it out for tuning."""
    from makery.interfaces.cli.run_tables import print_labels
    from makery.interfaces.cli.running import factory_of, write_lines

    found = factory_of(ctx).labels(*runs or ())
    if json or out is not None:
        write_lines((f"{label.model_dump_json()}\n" for label in found), out)
    else:
        print_labels(tuple(found))


@app.command("replay")
@reported
def replay(
    ctx: typer.Context,
    run: RunArgument,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for the program; a new one if not given."),
    ] = None,
    json: o.Json = False,
    stream: o.Stream = False,
) -> None:
    """Do a run again without a model, from its recorded answers: commands are really executed."""
    from makery.interfaces.cli.running import conduct

    conduct(ctx, lambda factory, view: factory.replay(run, view, out=out), json=json, stream=stream)


@app.command("rm")
@reported
def remove(
    ctx: typer.Context,
    runs: Annotated[list[str] | None, typer.Argument(metavar="RUN…", help="Runs to remove.")] = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="All that nobody worked on for so long, stopped ones too: 12h, 30d, 8w.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove runs from the database. Their folders stay."""
    from makery.interfaces.cli.removing import remove_runs

    remove_runs(ctx, tuple(runs or ()), older_than, yes=yes)
