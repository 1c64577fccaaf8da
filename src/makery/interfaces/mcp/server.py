"""The MCP server; over stdio or streamable HTTP."""

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from makery.app.factory import Factory
from makery.interfaces.mcp.desk import Desk
from makery.kernel.errors import MakeryError


def mcp_server(factory: Factory, root: Path) -> "MCPServer[Any]":
    """The server; run it with `run("stdio")` or `run("streamable-http", …)`."""
    server: MCPServer[Any] = MCPServer("makery", version=version("makery"))
    for tool in _tools(Desk(factory, root)):
        server.add_tool(
            _telling(tool), description=" ".join((tool.__doc__ or "").partition("Args:")[0].split())
        )
    return server


def _tools(desk: Desk) -> tuple[Callable[..., Any], ...]:
    makes = (desk.build, desk.change, desk.team)
    looks = (desk.status, desk.files)
    return (*makes, *looks, desk.waiting, desk.answer, desk.say, desk.cancel, desk.resume)


def _telling(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, with its errors told to the client: what is wrong and what to do."""

    @wraps(tool)
    async def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return await tool(*args, **kwargs)
        except MakeryError as error:
            raise ToolError(str(error)) from error

    return told
