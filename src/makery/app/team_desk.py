"""Teams on somebody's behalf: those that come with Makery, and those that tenants published."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError

from makery.app.access import Principal
from makery.app.admission import refuse_addresses
from makery.app.factory import Factory
from makery.app.options import BuildOptions, TeamOptions, ordered
from makery.app.refusals import Conflict, Forbidden, NotFound
from makery.app.societies import (
    COMPANY,
    TeamRow,
    as_text,
    built_in_teams,
    no_seats_in_company,
    order_of,
    row_of,
    team_rows,
)
from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError
from makery.store.published_teams import PublishedTeam, PublishedTeams
from makery.teams.team_build import seated
from makery.teams.team_draw import mermaid
from makery.teams.team_file import AnyTeam, InterpreterFile, SoloFile, parse_team, read_team
from makery.tools.builtin import BUILT_IN, REACHING


class TeamView(Frozen):
    """A team with its file."""

    row: TeamRow
    published: bool = False
    """Whether a tenant made it."""
    file: str = ""
    """What its file says, as JSON; '' for the software company, which has none."""
    folder: Path | None = None


class TeamDesk:
    """Lists, publishes and orders teams. A tenant's are seen by the tenant alone.

    Args:
        factory: has them work.
        kept: what tenants published.
    """

    def __init__(self, factory: Factory, kept: PublishedTeams) -> None:
        self._factory = factory
        self._kept = kept

    def list(self, who: Principal) -> tuple[TeamView, ...]:
        """All teams that the caller can have work: the company, societies, the caller's own."""
        own = (self._published(team) for team in self._mine(who))
        societies = (TeamView(row=row) for row in team_rows())
        return (*self._companies(), *societies, *own)

    def show(self, who: Principal, name: str) -> TeamView:
        """One team with its file.

        Raises:
            NotFound: there is none of that name, or it is somebody else's.
        """
        built_in = built_in_teams()
        if name in built_in:
            team = read_team(built_in[name])
            folder = built_in[name].resolve().parent
            return TeamView(row=row_of(name, team), file=as_text(team), folder=folder)
        own = (self._published(team) for team in self._mine(who))
        found = next((view for view in (*self._companies(), *own) if view.row.name == name), None)
        if found is None:
            raise NotFound(f"There is no team {name[:80]!r}.", remedy="List them: GET /api/v1/teams")
        return found

    def diagram(self, view: TeamView) -> str:
        """A team as a Mermaid flowchart; '' for the software company."""
        if not view.file:
            return ""
        skills = {skill.name: skill for skill in self._factory.skills()}
        return mermaid(parse_team(view.file), skills)

    def order(
        self,
        who: Principal,
        name: str,
        task: str,
        *,
        persons: Sequence[str] = (),
        attended: bool = False,
        unasked: bool = False,
        **options: Any,
    ) -> BuildOptions | TeamOptions:
        """The order to have a team work on a task.

        Args:
            who: for whom.
            name: of the team.
            task: what it is to do.
            persons: roles that persons play; they answer over the ledger, see `TeamOptions.attended`.
            attended: whether persons in the team's own seats are waited for, too.
            unasked: an interpreter, or an agent, does not show a person each step before it takes it.
            options: fields of `TeamOptions` or `BuildOptions`.

        Raises:
            NotFound: there is none of that name, or it is somebody else's.
            InputError: an option is not usable, or there is no such role.
        """
        view = self.show(who, name)
        attended = attended or bool(persons)
        if view.file:
            team = parse_team(view.file)
            seated(team, persons)  # tells now which role there is not
            if unasked and isinstance(team, InterpreterFile | SoloFile):
                team = team.model_copy(update={"ask": False})
            seats = {"persons": tuple(persons), "attended": attended, "yes": not attended}
            return order_of(team, task, folder=view.folder, **seats, **options)
        if persons:
            raise no_seats_in_company(persons[0])
        if attended:
            raise InputError("Nobody takes a seat in the company.", remedy="Have it `ask` at gates instead.")
        mode = name.removeprefix(f"{COMPANY}.")
        return ordered(BuildOptions, requirement=task, mode=mode, yes=True, **options)

    def publish(self, who: Principal, name: str, file: str) -> TeamView:
        """Keep a team under its name; the caller's earlier one of that name is replaced.

        Args:
            who: for whom; with a key of a project, only that project has the team.
            name: as in the file.
            file: YAML or JSON.

        Raises:
            InputError: the team cannot work; says every reason.
            Conflict: a team that comes with Makery has that name.
            Forbidden: it would have the server run code, call addresses or start programs.
        """
        who.require("runs:write")
        team = parse_team(file)
        if team.name != name:
            raise InputError(
                f"The file's `name` is {team.name!r}, not {name!r}.",
                remedy="Give it the name of the address.",
            )
        if any(view.row.name == name for view in self._companies()) or name in built_in_teams():
            raise Conflict(f"A team that comes with Makery is called {name!r}.", remedy="Take another name.")
        _refuse_reach(who, team)
        text = _as_text(team)
        self._factory.check_team(order_of(team, "check"))
        kept = PublishedTeam(
            organisation=who.organisation,
            project=who.project,
            name=name,
            file=text,
            created=self._kept.clock(),
        )
        self._kept.put(kept)
        return self._published(kept)

    def withdraw(self, who: Principal, name: str) -> None:
        """Remove a team that the caller published; its runs stay.

        Raises:
            NotFound: the caller has none of that name.
        """
        who.require("runs:write")
        if not self._kept.remove(who.organisation, who.project, name):
            raise NotFound(f"There is no published team {name[:80]!r} of yours.")

    # -------------------------------------------------------------------- beneath

    def _mine(self, who: Principal) -> Iterator[PublishedTeam]:
        """What the caller sees, each name once: a project's own team stands before the organisation's."""
        who.require("runs:read")
        seen: set[str] = set()
        for team in self._kept.of(who.organisation, who.project):
            if team.name not in seen:
                seen.add(team.name)
                yield team

    def _published(self, kept: PublishedTeam) -> TeamView:
        row = row_of(kept.name, parse_team(kept.file, where=kept.name))
        return TeamView(row=row, published=True, file=kept.file)

    def _companies(self) -> Iterator[TeamView]:
        about = "Makes software from a requirement, with a verdict."
        for team in self._factory.teams():
            roles = tuple(role.name for role in team.roles)
            row = TeamRow(name=team.name, protocol=COMPANY, roles=roles, about=about)
            yield TeamView(row=row)


def _refuse_reach(who: Principal, team: AnyTeam) -> None:
    """Whoever is not the operator publishes teams that use what the server offers, and nothing else.

    Raises:
        Forbidden: the team names code, programs or addresses, or lets a foreign tool work unasked.
    """
    if who.may("operator"):
        return
    for model in (team.model, *(role.model for role in team.roles.values())):
        refuse_addresses(who, model)
    if team.tools.python or team.tools.openapi or team.tools.mcp:
        raise Forbidden(
            "This key may not publish teams with `tools` of their own: they would work inside the server.",
            remedy=f"Use the built-in tools: {', '.join(BUILT_IN)}.",
        )
    harmless = [name for name in BUILT_IN if name not in REACHING]
    unasked = [
        rule.tool for rule in team.permissions if rule.decision == "allow" and rule.tool not in harmless
    ]
    if unasked:
        raise Forbidden(
            f"This key may not allow tools by {unasked[0][:80]!r}.",
            remedy=f"Allow built-in tools by their whole names: {', '.join(harmless)}.",
        )


def _as_text(team: AnyTeam) -> str:
    try:
        return as_text(team)
    except PydanticSerializationError:
        raise InputError("The team's file holds characters that are no valid Unicode.") from None
