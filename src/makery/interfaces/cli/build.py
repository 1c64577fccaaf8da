"""`makery build` and `makery change`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported


class ModeName(StrEnum):
    """Who works on it."""

    auto = "auto"
    direct = "direct"
    duo = "duo"
    company = "company"


ModeOption = Annotated[
    ModeName | None,
    typer.Option(
        "--mode",
        help="One engineer; engineer and QA; all five roles; or as the requirement needs.",
        show_default="auto",
    ),
]


@reported
@o.taking({**o.WORK_OPTIONS, **o.RUN_OPTIONS, **o.PEOPLE_OPTIONS})
def build(
    ctx: typer.Context,
    requirement: o.RequirementArgument = None,
    file: o.RequirementFile = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for the program; a new one if not given."),
    ] = None,
    mode: ModeOption = None,
    seat: Annotated[str | None, typer.Option("--as", metavar="ROLE", hidden=True)] = None,
    *,
    json: o.Json = False,
    stream: o.Stream = False,
    **given: Any,
) -> None:
    """Make a program from a requirement, and check it.

    The folder's top level is the program. Its [bold].makery/[/bold] holds the report,
    the verdict and the documents. It is a git repository with one commit for
    each accepted step.
    """
    from makery.app.options import BuildOptions
    from makery.app.societies import no_seats_in_company
    from makery.interfaces.cli.running import conduct, ordered_people, read_requirement

    if seat is not None:
        raise no_seats_in_company(seat)
    order = BuildOptions(
        requirement=read_requirement(requirement, file),
        out=out,
        mode=mode.value if mode else None,
        **ordered_people(given),
    )
    conduct(
        ctx,
        lambda factory, view: factory.start(order, view),
        json=json,
        stream=stream,
        detach=order.detach,
    )


@reported
@o.taking({**o.WORK_OPTIONS, **o.RUN_OPTIONS, **o.PEOPLE_OPTIONS})
def change(
    ctx: typer.Context,
    repo: Annotated[
        Path, typer.Option("--repo", metavar="DIR", help="The repository to change.", show_default=False)
    ],
    requirement: o.RequirementArgument = None,
    file: o.RequirementFile = None,
    mode: ModeOption = None,
    *,
    json: o.Json = False,
    stream: o.Stream = False,
    **given: Any,
) -> None:
    """Change an existing repository, on a branch of its own.

    Minimal diffs on the branch [bold]makery/RUN[/bold]; the repository's own tests run
    before and after.
    """
    from makery.app.options import ChangeOptions
    from makery.interfaces.cli.running import conduct, ordered_people, read_requirement

    order = ChangeOptions(
        requirement=read_requirement(requirement, file),
        repo=repo,
        mode=mode.value if mode else None,
        **ordered_people(given),
    )
    conduct(
        ctx,
        lambda factory, view: factory.start(order, view),
        json=json,
        stream=stream,
        detach=order.detach,
    )
