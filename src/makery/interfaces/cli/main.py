"""The command line's front door: which commands there are. It imports little, so that `--help` is quick."""

from typing import Annotated

import typer

from makery.interfaces.cli import (
    build,
    doctor,
    evaluate,
    init,
    mcp,
    models,
    new,
    roles,
    runs,
    schedule,
    serve,
    skills,
    teams,
    templates,
    worker,
)
from makery.interfaces.cli.group import RequirementGroup

MAKE, LOOK, SET_UP, MEASURE = "Make software", "Look at runs", "Set up and extend", "Measure"

app = typer.Typer(
    name="makery",
    cls=RequirementGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar='COMMAND … | "REQUIREMENT"',
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"makery {version('makery')}")
        raise typer.Exit


@app.callback()
def makery(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Turn a requirement into verified software.

    Say what you want, in English or Chinese. You get a git repository whose
    behaviour was executed and checked, and a verdict that says what was proved
    and what was not.

    [dim]makery "A command-line to-do list that keeps its items in todo.json"[/dim]

    Exit status: 0 verified, 2 wrong input, 3 delivered but not verified,
    4 a limit was reached, 5 no model or no sandbox, 130 interrupted,
    1 a bug of ours.
    """


app.command("build", rich_help_panel=MAKE)(build.build)
app.command("change", rich_help_panel=MAKE)(build.change)
app.command("chat", rich_help_panel=MAKE)(teams.chat)
app.add_typer(teams.app, name="team", rich_help_panel=MAKE)
app.add_typer(templates.app, name="templates", rich_help_panel=SET_UP)
app.command("mcp", rich_help_panel=SET_UP)(mcp.mcp)
app.command("new", rich_help_panel=SET_UP)(new.new)
app.add_typer(runs.app, name="runs", rich_help_panel=LOOK)
app.command("serve", rich_help_panel=LOOK)(serve.serve)
app.add_typer(schedule.app, name="schedule", rich_help_panel=LOOK)
app.command("worker", rich_help_panel=LOOK)(worker.worker)
app.command("init", rich_help_panel=SET_UP)(init.init)
app.command("doctor", rich_help_panel=SET_UP)(doctor.doctor)
app.add_typer(models.app, name="models", rich_help_panel=SET_UP)
app.add_typer(skills.app, name="skills", rich_help_panel=SET_UP)
app.add_typer(roles.app, name="roles", rich_help_panel=SET_UP)
app.add_typer(evaluate.app, name="eval", rich_help_panel=MEASURE)


def main() -> None:
    """Run the command line and leave with its exit status."""
    app(prog_name="makery")


if __name__ == "__main__":
    main()
