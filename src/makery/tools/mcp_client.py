"""Tools of MCP servers, over stdio or streamable HTTP, with the official client."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError, ProviderUnavailable
from makery.kernel.tool import ToolSpec
from makery.tools.tool import Tool, ToolFailed

if TYPE_CHECKING:
    from mcp import Client

_START_SECONDS, _CALL_SECONDS = 60.0, 120.0


class McpServer(Frozen):
    """Where a server is: a command to start, or an address."""

    name: str
    """Goes before the names of its tools: `time` gives `time_get_current_time`."""
    command: tuple[str, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    """Beside a minimal one; nothing else of the user's is handed on."""
    url: str = ""
    trusted: bool = False
    """Whether its tools may be used without asking."""

    @model_validator(mode="after")
    def _one_place(self) -> "McpServer":
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command or a url")
        return self


@asynccontextmanager
async def mcp_tools(
    servers: tuple[McpServer, ...], *, folder: Path | None = None
) -> AsyncIterator[tuple[Tool, ...]]:
    """The tools of all servers, which are connected during the block.

    Args:
        servers: each with a command or an address.
        folder: where commands are started; None is the current folder.

    Raises:
        InputError: a server's command cannot be started.
        ProviderUnavailable: a server does not answer as MCP servers do.
    """
    async with AsyncExitStack() as stack:
        found: list[Tool] = []
        for server in servers:
            client = await _connected(server, stack, folder)
            found += [_tool(server, client, listed) for listed in (await client.list_tools()).tools]
        yield tuple(found)


async def _connected(server: McpServer, stack: AsyncExitStack, folder: Path | None) -> "Client":
    import asyncio

    from mcp import Client, MCPError, StdioServerParameters

    place: StdioServerParameters | str = server.url
    if server.command:
        command, *arguments = server.command
        environment = server.environment or None
        place = StdioServerParameters(command=command, args=arguments, env=environment, cwd=folder)
    try:
        async with asyncio.timeout(_START_SECONDS):
            return await stack.enter_async_context(Client(place, read_timeout_seconds=_CALL_SECONDS))
    except FileNotFoundError as error:
        raise InputError(
            f"The MCP server {server.name!r} cannot be started: no command {server.command[0]!r}."
        ) from error
    except (MCPError, OSError, TimeoutError, ExceptionGroup) as error:
        raise ProviderUnavailable(
            f"The MCP server {server.name!r} does not answer: {_deepest(error)}",
            remedy="Does its command or address work on its own?",
        ) from error


def _tool(server: McpServer, client: "Client", listed: Any) -> Tool:
    from mcp import MCPError

    async def work(arguments: dict[str, Any]) -> str:
        try:
            result = await client.call_tool(listed.name, arguments)
        except MCPError as error:
            raise ToolFailed(f"{listed.name}: {error}") from error
        text = "\n".join(_shown(block) for block in result.content)
        if result.is_error:
            raise ToolFailed(text or f"{listed.name} failed without saying why.")
        return text

    name = re.sub(r"[^\w-]+", "_", f"{server.name}_{listed.name}", flags=re.ASCII)[:64]
    description = " ".join((listed.description or listed.title or listed.name).split())
    hints = listed.annotations
    spec = ToolSpec(
        name=name,
        description=description,
        parameters=listed.input_schema,
        reads=hints is not None and hints.read_only_hint is True,
    )
    return Tool(spec, work, safe=server.trusted)


def _shown(block: Any) -> str:
    return block.text if block.type == "text" else f"[{block.type}, not shown]"


def _deepest(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
