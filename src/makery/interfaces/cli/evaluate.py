"""`makery eval SUITE`, `makery eval report`, `makery eval suites`, `makery eval check`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

_DEFAULT = "run"


class SuiteGroup(TyperGroup):
    """`makery eval humaneval` is `makery eval run humaneval`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """The arguments with `run` put in front where no command is named."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=SuiteGroup,
    no_args_is_help=True,
    help="Measure Makery on suites of tasks with hidden tests.",
    subcommand_metavar="SUITE … | COMMAND …",
)


class EvalMode(StrEnum):
    """Who works on the tasks."""

    auto = "auto"
    direct = "direct"
    duo = "duo"
    company = "company"
    best_of_n = "best_of_n"


SuiteArgument = Annotated[
    str, typer.Argument(metavar="SUITE", help="A name of `makery eval suites`.", show_default=False)
]
Data = Annotated[
    Path,
    typer.Option("--data", metavar="PATH", help="Folder that holds the suites' data, or one suite's own."),
]
Ids = Annotated[
    list[str] | None,
    typer.Option("--ids", metavar="IDS", help="Only these tasks, separated by commas.", show_default=False),
]
Subset = Annotated[
    int | None,
    typer.Option("--subset", metavar="N", min=1, help="Only the first N tasks by the SHA-1 of their ids."),
]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILES…", help="Result files of `makery eval`.", show_default=False)
]


Mode = Annotated[
    EvalMode, typer.Option("--mode", help="Makery's modes, or an engineer alone who tries N times.")
]
Samples = Annotated[
    int, typer.Option("--samples", metavar="N", min=1, help="Runs of each task, with seeds of their own.")
]
Candidates = Annotated[
    int | None,
    typer.Option(
        "--candidates",
        metavar="N",
        min=1,
        help="Programs written independently; as the model's entry says, 4 for best_of_n.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Skip what the file holds already.")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="Result lines; SUITE-MODE.jsonl if not given."),
]
Work = Annotated[
    Path | None,
    typer.Option("--work", metavar="DIR", help="Folder for the programs; in the data folder by default."),
]
Jobs = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Tasks worked on at the same time.")]
Label = Annotated[str, typer.Option("--label", metavar="TEXT", help="A word of your own for this variant.")]


EVAL_OPTIONS = {
    name: option for name, option in o.RUN_OPTIONS.items() if name not in ("yes", "record", "replay")
}
"""Each task is a run of its own: nobody is asked, and there is no single recording of them all."""


@app.command("run")
@reported
@o.taking(EVAL_OPTIONS)
def run(
    ctx: typer.Context,
    suite: SuiteArgument,
    data: Data = Path("bench"),
    mode: Mode = EvalMode.auto,
    ids: Ids = None,
    subset: Subset = None,
    samples: Samples = 1,
    candidates: Candidates = None,
    resume: Resume = False,
    out: Out = None,
    work: Work = None,
    jobs: Jobs = 1,
    label: Label = "",
    *,
    json: o.Json = False,
    **given: Any,
) -> None:
    """Work on a suite's tasks and judge each program by tests that its run never saw.

    Each task is a real run. Results are added to a file of JSON lines at once, so
    that an evaluation may be stopped at any time and goes on with [bold]--resume[/bold]. Limits
    count for each task.
    """
    from makery.interfaces.cli.evaluating import Wish, evaluate

    wish = Wish(
        suite=suite,
        data=data,
        mode=mode.value,
        ids=_separated(ids),
        subset=subset,
        samples=samples,
        candidates=candidates,
        resume=resume,
        out=out or Path(f"{suite}-{mode.value}.jsonl"),
        work=work,
        jobs=jobs,
        label=label,
        **given,
    )
    evaluate(ctx, wish, as_json=json)


@app.command("report")
@reported
def report(
    files: Files,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the Markdown to a file.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw solved against tokens, as SVG.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Say what result files show: solved, tokens, verdicts, failures, paired comparisons."""
    from makery.interfaces.cli.evaluating import print_report

    print_report(files, out=out, plot=plot, as_json=json)


@app.command("suites")
@reported
def suites(json: o.Json = False) -> None:
    """List the suites with what each shows a run."""
    from makery.interfaces.cli.tables import show
    from makery.lab.suites import SUITES

    rows = [
        {"suite": one.name, "data": f"{one.folder}/{one.file}", "shown to a run": one.shown} for one in SUITES
    ]
    show(rows, ("suite", "data", "shown to a run"), as_json=json, empty="")


@app.command("check")
@reported
def check(
    ctx: typer.Context,
    suite: SuiteArgument,
    data: Data = Path("bench"),
    ids: Ids = None,
    subset: Subset = None,
    unsafe_local: o.UnsafeLocal = False,
) -> None:
    """Judge the data's own solutions by the hidden tests: whether these can be passed on this machine.

    Exit status 3 if one of them fails.
    """
    from makery.interfaces.cli.evaluating import check_suite

    check_suite(ctx, suite, data, _separated(ids), subset, unsafe_local=unsafe_local)


def _separated(ids: list[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for text in ids or () for part in text.split(",") if part.strip())
