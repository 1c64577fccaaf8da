"""Teams by name or file: what there is, and the order to have one work."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from makery.app.options import TeamOptions, ordered
from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError
from makery.kernel.team import Team
from makery.teams.team_file import AnyTeam, read_team

MOST_BYTES = 8 << 20
"""Of one file that a user hands in."""
_TEMPLATES = Path(__file__).parents[1] / "teams" / "templates"


COMPANY = "software_company"


class TeamRow(Frozen):
    """A team that can be run by name."""

    name: str
    protocol: str
    roles: tuple[str, ...]
    about: str


def built_in_teams() -> dict[str, Path]:
    """Files of the teams that come with Makery, and of those that installed packages offer, by name."""
    from makery.skills.registry import installed

    ours = {path.stem: path for path in sorted(_TEMPLATES.glob("*.yaml"))}
    return {**ours, **{point.name: _offered(point) for point in installed("makery.teams")}}


def _offered(point: Any) -> Path:
    path = point.load()
    if not isinstance(path, str | Path) or not Path(path).is_file():
        raise InputError(f"Entry point {point.value!r} of makery.teams is no path of a team file.")
    return Path(path)


def find_team(team: Path | str) -> Path:
    """The file of a team: a path, or a built-in one's name.

    Raises:
        InputError: there is none; names the nearest.
    """
    known = built_in_teams()
    if str(team) in known:
        return known[str(team)]
    if Path(team).suffix in (".yaml", ".yml", ".json") or Path(team).is_file():
        return Path(team)
    if str(team).partition(".")[0] == COMPANY:
        raise InputError(
            f"{str(team)!r} makes software and is no team file.", remedy="Use: makery build REQUIREMENT"
        )
    near = difflib.get_close_matches(str(team), known, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise InputError(f"No team is called {str(team)!r}.", remedy=f"{hint}See: makery team list")


def no_seats_in_company(role: str) -> InputError:
    """What is told to somebody who wants to take a role of the software company, and what they can do."""
    return InputError(
        f"A person cannot take the role {role[:80]!r}: the software company has no seats.",
        remedy="Decide at its gates instead: `ask` for prd, design, plan, delivery (--ask) and send "
        "your own version of the document; or fork a step with your own code (`artifact`, --edit).",
    )


def team_rows() -> tuple[TeamRow, ...]:
    """All teams that can be run by name."""
    return tuple(row_of(name, read_team(path)) for name, path in built_in_teams().items())


def row_of(name: str, team: AnyTeam) -> TeamRow:
    """A team as lists show it."""
    return TeamRow(name=name, protocol=team.protocol, roles=tuple(team.roles), about=team.about)


def team_order(team: Path | str, task: str, **options: Any) -> TeamOptions:
    """The order to have a team work on a task.

    Raises:
        InputError: there is no such team, or its file does not fit the schema.
    """
    path = find_team(team)
    return order_of(read_team(path), task, folder=path.resolve().parent, **options)


def order_of(team: AnyTeam, task: str, *, folder: Path | None = None, **options: Any) -> TeamOptions:
    """The order to have a team that was read work on a task; `folder` is where its file is.

    Raises:
        InputError: an option is not usable.
    """
    given = {"model": team.model or None, **{key: v for key, v in options.items() if v is not None}}
    return ordered(TeamOptions, requirement=task, team=as_text(team), name=team.name, folder=folder, **given)


def own_models(team: Team) -> dict[str, str]:
    """Models that single roles have, by the names of the roles."""
    return {role.name: role.model for role in team.roles if role.model}


def handed_in(files: Iterable[Path]) -> dict[str, bytes]:
    """What the files of a user hold, by their names alone.

    Raises:
        InputError: one cannot be read, is too large, or has the name of another.
    """
    found: dict[str, bytes] = {}
    for path in files:
        try:
            size = path.stat().st_size
            data = path.read_bytes() if size <= MOST_BYTES else b""
        except OSError as error:
            raise InputError(f"The file {str(path)!r} cannot be read: {error.strerror}.") from None
        if size > MOST_BYTES:
            raise InputError(f"The file {str(path)!r} is larger than {MOST_BYTES >> 20} MiB.")
        if path.name in found:
            raise InputError(f"Two files are called {path.name!r}.", remedy="Rename one of them.")
        found[path.name] = data
    return found


def as_text(team: AnyTeam) -> str:
    """A team as JSON, as a run keeps it."""
    return team.model_dump_json(exclude_defaults=True)
