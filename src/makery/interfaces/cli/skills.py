"""`makery skills list|show|run`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="List, look at and run skills.")

SkillArgument = Annotated[str, typer.Argument(metavar="NAME", help="The skill's name.", show_default=False)]


@app.command("list")
@reported
def list_skills(ctx: typer.Context, json: o.Json = False) -> None:
    """List all skills with what they take and give."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.tables import show

    rows = [
        {
            "skill": skill.name,
            "purpose": skill.purpose,
            "takes": list(skill.takes().model_fields),
            "gives": skill.produces().kind(),
        }
        for skill in factory_of(ctx).skills()
    ]
    columns = ("skill", "purpose", "gives", "takes")
    show(rows, columns, as_json=json, empty="No skills are installed.")


@app.command("show")
@reported
def show_skill(ctx: typer.Context, name: SkillArgument, json: o.Json = False) -> None:
    """Show one skill: its purpose, its input and its output as JSON schemas."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.summary import print_skill

    print_skill(factory_of(ctx).skill(name), as_json=json)


@app.command("run")
@reported
@o.taking(o.RUN_OPTIONS)
def run_skill(
    ctx: typer.Context,
    name: SkillArgument,
    requirement: o.RequirementArgument = None,
    file: o.RequirementFile = None,
    input: Annotated[  # noqa: A002 - the option is called --input
        list[Path] | None,
        typer.Option(
            "--input", metavar="FILE", help="An artifact the skill reads, as JSON; may be repeated."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for what it writes, if anything."),
    ] = None,
    *,
    json: o.Json = False,
    stream: o.Stream = False,
    **given: Any,
) -> None:
    """Run one skill alone on a requirement and print the artifact it makes.

    With [bold]--json[/bold] the printed object can be the [bold]--input[/bold] of another skill.
    """
    from makery.app.options import SkillOptions
    from makery.interfaces.cli.running import conduct, read_inputs, read_requirement

    order = SkillOptions(
        skill=name,
        requirement=read_requirement(requirement, file),
        inputs=read_inputs(input or []),
        out=out,
        **given,
    )
    conduct(ctx, lambda factory, view: factory.start(order, view), json=json, stream=stream)
