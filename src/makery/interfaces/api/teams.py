"""Teams: those that come with Makery, and those of your own, each an endpoint that has it work."""

import json
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Path as InPath

from makery.app.team_desk import TeamView
from makery.client import inventory as stock
from makery.client import wire
from makery.interfaces.api.places import After, Most, page_of
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.runs import CREATED, Once, started_run
from makery.interfaces.api.serving import Caller, Server, Serving

router = APIRouter(prefix="/teams", tags=["teams"], responses=RESPONSES)

TeamName = Annotated[str, InPath(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$", examples=["debate"])]


@router.get("")
def list_teams(who: Caller, server: Server, after: After = "", most: Most = 200) -> wire.Page[stock.TeamInfo]:
    """All teams that you can have work: the software company, societies, your own; by name."""
    infos = {view.row.name: _info(view) for view in server.teams.list(who)}
    return page_of(tuple(infos.values()), lambda info: info.name, after, most)


@router.get("/{team}")
def show_team(team: TeamName, who: Caller, server: Server) -> stock.TeamDetail:
    """One team with its file and a diagram."""
    return _detail(server, server.teams.show(who, team))


@router.put("/{team}")
def publish_team(team: TeamName, order: stock.NewTeam, who: Caller, server: Server) -> stock.TeamDetail:
    """Publish a team of your own, so that `POST /teams/NAME/runs` has it work; or replace it.

    It is checked first. Teams that bring code, programs or addresses of their own are for the operator.
    """
    return _detail(server, server.teams.publish(who, team, order.file))


@router.delete("/{team}", status_code=204)
def withdraw_team(team: TeamName, who: Caller, server: Server) -> None:
    """Remove a team of your own; its runs stay."""
    server.teams.withdraw(who, team)


@router.post("/{team}/runs", status_code=201, responses=CREATED)
async def run_team(
    team: TeamName,
    order: wire.NewTeamRun,
    who: Caller,
    server: Server,
    response: Response,
    once: Once = "",
) -> wire.RunDetail:
    """Have a team work on a task. The answer comes at once; follow the run's events."""
    fields = order.model_dump(exclude={"task", "project"})
    wanted = server.teams.order(who, team, order.task, **fields)
    started = await server.desk.start(who, wanted, project=order.project or "", once=once)
    return await started_run(started, server, who, response)


def _info(view: TeamView) -> stock.TeamInfo:
    return stock.TeamInfo(**view.row.model_dump(), published=view.published)


def _detail(server: Serving, view: TeamView) -> stock.TeamDetail:
    file = json.loads(view.file) if view.file else {}
    return stock.TeamDetail(**_info(view).model_dump(), file=file, diagram=server.teams.diagram(view))
