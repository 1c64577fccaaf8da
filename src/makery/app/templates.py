"""What there is to start from: teams and kits of tools, ours and those of installed packages."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal

from makery.app.build_societies import tools_of
from makery.app.societies import built_in_teams, find_team
from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError, StorageFailure
from makery.skills.registry import installed
from makery.teams.team_file import read_team

OURS = "makery"


class TemplateRow(Frozen):
    """Something to start from."""

    name: str
    kind: Literal["team", "tools"]
    origin: str
    """The package that it comes from."""
    about: str


def templates() -> tuple[TemplateRow, ...]:
    """All of them, teams first.

    Raises:
        InputError: a team's file of a package does not fit the schema.
    """
    return (*_teams(), *_kits())


def install_template(name: str, folder: Path) -> Path:
    """The copy of a team's file in a folder of the user's.

    Raises:
        InputError: there is no such team, or the file is there already.
        StorageFailure: the folder cannot be written.
    """
    source = find_team(name)
    target = folder / f"{name}.yaml"
    if name not in built_in_teams():
        raise InputError(f"There is no template {name!r}.", remedy="See: makery templates list")
    if target.exists():
        raise InputError(f"There is already {str(target)!r}.", remedy="Choose another folder with --in.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise StorageFailure(f"{str(target)!r} cannot be written: {error.strerror}.") from error
    return target


def _teams() -> Iterator[TemplateRow]:
    origins = {point.name: _package(point) for point in installed("makery.teams")}
    for name, path in built_in_teams().items():
        about = read_team(path).about
        yield TemplateRow(name=name, kind="team", origin=origins.get(name, OURS), about=about)


def _kits() -> Iterator[TemplateRow]:
    from makery.tools.builtin import BUILT_IN

    kits = sorted({name.partition("_")[0] for name in BUILT_IN})
    for kit in kits:
        names = ", ".join(name for name in BUILT_IN if name.startswith(kit))
        yield TemplateRow(name=kit, kind="tools", origin=OURS, about=names)
    for point in installed("makery.tools"):
        names = ", ".join(tool.spec.name for tool in tools_of(point))
        yield TemplateRow(name=point.name, kind="tools", origin=_package(point), about=names)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value.partition(":")[0].partition(".")[0]
