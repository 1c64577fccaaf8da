"""Joins a team's file with skills, tools and servers."""

import importlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makery.app.build_models import InstalledModels
from makery.app.options import TeamOptions
from makery.app.parts import Api, Society
from makery.kernel.errors import InputError, SettingsError
from makery.kernel.ports import People, Toolset
from makery.kernel.skill import Skill, Toolbox

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from makery.teams.team_file import AnyTeam, OpenApiEntry, RoleEntry
    from makery.tools.tool import Tool

_SECONDS = 60.0
"""Most for one request of an API's tool."""


class InstalledSocieties(InstalledModels):
    """Teams and their tools."""

    def skills(self) -> Mapping[str, Skill[Any, Any]]:
        """Built-in skills and those of installed packages."""
        from makery.skills.registry import load_skills

        return load_skills()

    def society(self, options: TeamOptions) -> Society:
        """See `Parts.society`."""
        from makery.teams.persons import with_persons
        from makery.teams.team_build import build_team, played, seated, unasked
        from makery.teams.team_check import check_team
        from makery.teams.team_file import parse_team

        if not options.team:
            raise InputError(
                f"The team {options.name!r} was handed over by a program; only that can continue it."
            )
        team = seated(parse_team(options.team, where=options.name), options.persons)
        folder = options.folder or Path.cwd()
        team = unasked(team) if options.yes else team
        if team.model:
            self.model_name(team.model)
        tools = (*offered_functions(), *(_function(name, folder) for name in team.tools.python))
        apis = tuple(self._api(entry, folder) for entry in team.tools.openapi)
        known = [*_built_in_names(), *(tool.spec.name for tool in tools), *_operations(apis)]
        check_team(team, self.skills(), known)
        built = build_team(self._with_model_names(team), self.skills(), self._cards(team, tools))
        members = with_persons(built, played(team))
        return Society(members, tools, team.tools.mcp, apis, team.permissions, options.folder)

    def _with_model_names(self, team: "AnyTeam") -> "AnyTeam":
        """The team with its roles' models by their full names.

        Raises:
            InputError: there is no such model.
        """
        roles = {
            name: role.model_copy(update={"model": self.model_name(role.model) if role.model else ""})
            for name, role in team.roles.items()
        }
        return team.model_copy(update={"roles": roles})

    def _cards(self, team: "AnyTeam", tools: "Iterable[Tool]") -> dict[str, str]:
        """What the catalogue knows of each role's model, and what tools it has."""
        from makery.tools.permission import fits

        known = {**dict.fromkeys(_built_in_names(), ""), **{t.spec.name: t.spec.description for t in tools}}

        def card(role: "RoleEntry") -> str:
            model = [self._model_card(role.model)] if role.model else []
            own = [
                f"{name} ({does})" if does else name for name, does in known.items() if fits(name, role.tools)
            ]
            return " ".join([*model, *([f"Tools: {', '.join(own)}."] if own else [])])

        return {name: card(role) for name, role in team.roles.items()}

    def _model_card(self, name: str) -> str:
        entry = self._catalogue.find(self.model_name(name))
        price = f"{entry.price.output:g} USD for a million tokens" if entry.price else "free or unknown price"
        return f"{entry.context} tokens of context, {price}. {entry.note}".strip()

    @asynccontextmanager
    async def toolset(self, society: Society, tools: Toolbox, people: People) -> AsyncIterator[Toolset]:
        """See `Parts.toolset`."""
        import httpx

        from makery.tools.builtin import builtin_tools
        from makery.tools.mcp_client import mcp_tools
        from makery.tools.openapi import openapi_tools
        from makery.tools.permission import Permissions
        from makery.tools.toolset import ToolBelt

        every = list(society.tools)
        if any(role.tools for role in society.team.roles):  # a team that only talks needs none described
            every += builtin_tools(tools.workspace, tools.sandbox, tools.search)
        async with AsyncExitStack() as stack:
            if society.apis:
                client = await stack.enter_async_context(httpx.AsyncClient(timeout=_SECONDS))
                for api in society.apis:
                    given = {"client": client, "base_url": api.base_url, "headers": api.headers}
                    every += openapi_tools(dict(api.description), **given)
            if society.servers:
                servers = mcp_tools(society.servers, folder=_found(society.folder))
                every += await stack.enter_async_context(servers)
            yield ToolBelt(every, people=people, permissions=Permissions(rules=society.permissions))

    def _api(self, entry: "OpenApiEntry", folder: Path) -> Api:
        from makery.tools.openapi import read_openapi

        headers: dict[str, str] = {}
        if entry.key_variable:
            key = self._environ.get(entry.key_variable, "")
            if not key:
                raise SettingsError(f"The environment variable {entry.key_variable} is not set.")
            headers["authorization"] = key
        return Api(read_openapi(folder / entry.file), entry.base_url, headers)


def offered_functions() -> Iterator["Tool"]:
    """Tools of installed packages: entry points of the group `makery.tools` name typed functions."""
    from makery.skills.registry import installed

    for point in installed("makery.tools"):
        yield from tools_of(point)


def tools_of(point: "EntryPoint") -> "Iterator[Tool]":
    """The tool that an entry point names, or those of a kit, whose names begin with the kit's.

    Raises:
        InputError: it names something else.
    """
    from makery.tools.tool import Tool, function_tool

    found = point.load()
    kit = found if isinstance(found, tuple | list) else None
    for one in (found,) if kit is None else kit:
        if not (isinstance(one, Tool) or callable(one)):
            raise InputError(f"Entry point {point.value!r} of makery.tools is no typed function and no kit.")
        tool = one if isinstance(one, Tool) else function_tool(one)
        name = tool.spec.name if kit is None else f"{point.name}_{tool.spec.name}"
        yield replace(tool, spec=tool.spec.model_copy(update={"name": name}))


def _function(reference: str, folder: Path) -> "Tool":
    """The tool of `module:function`; modules beside the team's file are found, too."""
    import sys

    from makery.tools.tool import function_tool

    module, _, name = reference.partition(":")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"The tool {reference!r} cannot be loaded: {error}", remedy="Write it as package.module:function."
        ) from error
    return function_tool(function)


def _found(folder: Path | None) -> Path | None:
    """The folder; None on a worker on another machine, which does not have it."""
    return folder if folder is not None and folder.is_dir() else None


def _built_in_names() -> Iterable[str]:
    from makery.tools.builtin import BUILT_IN

    return BUILT_IN


def _operations(apis: Iterable[Api]) -> Iterator[str]:
    from makery.tools.openapi import operation_names

    for api in apis:
        yield from operation_names(dict(api.description), base_url=api.base_url)
