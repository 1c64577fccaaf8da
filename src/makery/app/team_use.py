"""The use cases of teams: the part of the factory for everything that is no software making."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from makery.app.handle import RunHandle
from makery.app.options import AnyOrder, TeamOptions, ordered
from makery.app.parts import Parts, Society
from makery.app.result import RunResult
from makery.app.societies import team_order
from makery.kernel.ports import EventSink
from makery.kernel.team import Team
from makery.teams.team_draw import mermaid, svg
from makery.teams.team_file import parse_team
from makery.tools.permission import Rule
from makery.tools.tool import Tool, function_tool


class TeamUse(ABC):
    """Has teams work, checks and draws them. See `Factory`."""

    _parts: Parts

    @abstractmethod
    async def start(
        self, options: AnyOrder, *subscribers: EventSink, society: Society | None = None
    ) -> RunHandle:
        """See `Factory.start`."""

    def converse(
        self, team: Team, task: str, *, tools: Sequence[Tool | Callable[..., Any]] = (), **options: Any
    ) -> RunResult:
        """Have a team of your own work on a task and wait for it.

        Args:
            team: for example of `makery.teams.group_chat`.
            task: what the user wants.
            tools: typed functions, or tools, for roles that name them; used without asking.
            options: the fields of `TeamOptions`.

        Raises:
            MakeryError: what stopped the run.
        """
        order = ordered(TeamOptions, requirement=task, name=team.name, **options)
        own = tuple(tool if isinstance(tool, Tool) else function_tool(tool) for tool in tools)
        rules = tuple(Rule(tool=tool.spec.name, decision="allow") for tool in own)

        async def conduct() -> RunResult:
            return await (await self.start(order, society=Society(team, own, permissions=rules))).wait()

        return asyncio.run(conduct()).raise_for_error()

    def run_team(self, team: Path | str, task: str, **options: Any) -> RunResult:
        """Have the team of a file, or a built-in one, work on a task and wait for it.

        Raises:
            InputError: the team cannot work; says every reason.
            MakeryError: what stopped the run; continue it with `resume`.
        """
        order = team_order(team, task, **options)

        async def conduct() -> RunResult:
            return await (await self.start(order)).wait()

        return asyncio.run(conduct()).raise_for_error()

    def check_team(self, order: TeamOptions) -> None:
        """Insist that a team can work, without running it.

        Raises:
            InputError: names every problem.
        """
        self._parts.society(order)

    def draw_team(self, order: TeamOptions, form: Literal["mermaid", "svg"]) -> str:
        """A team as a diagram.

        Raises:
            InputError: it cannot work.
        """
        self.check_team(order)
        team, skills = parse_team(order.team), self._parts.skills()
        return mermaid(team, skills) if form == "mermaid" else svg(team, skills)
