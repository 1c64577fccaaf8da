"""Tools of MCP servers, over stdio and streamable HTTP, with the official server on the other side."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from standin_mcp import server
from tools_world import Persons, call

from makery.kernel.errors import InputError, ProviderUnavailable
from makery.tools.mcp_client import McpServer, mcp_tools
from makery.tools.toolset import ToolBelt

STDIO = McpServer(
    name="calc", command=(sys.executable, str(Path(__file__).with_name("standin_mcp.py"))), trusted=True
)


@asynccontextmanager
async def over_http() -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = server().streamable_http_app()
    serving = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none"))
    task = asyncio.create_task(serving.serve())
    while not serving.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        serving.should_exit = True
        await task


async def test_a_stdio_server_s_tools_are_listed_and_used() -> None:
    async with mcp_tools((STDIO,)) as tools:
        belt = ToolBelt(tools, people=Persons())
        (double, secret) = belt.offered(["calc_*"])
        assert (double.reads, secret.reads) == (True, False)  # as the server says, or does not say
        assert (double.name, double.description) == ("calc_double", "Double a number.")
        assert double.parameters["properties"]["number"]["type"] == "integer"
        assert (await belt.call(call("calc_double", number=21), ["*"])).text == "42"


async def test_a_command_is_started_in_the_folder_that_is_given() -> None:
    beside = STDIO.model_copy(update={"command": (sys.executable, "standin_mcp.py")})
    async with mcp_tools((beside,), folder=Path(__file__).parent) as tools:
        outcome = await ToolBelt(tools, people=Persons()).call(call("calc_double", number=2), ["*"])
    assert outcome.text == "4"


async def test_errors_of_a_server_are_told_to_the_model() -> None:
    async with mcp_tools((STDIO,)) as tools:
        belt = ToolBelt(tools, people=Persons())
        refused = await belt.call(call("calc_double", number=-1), ["*"])
        wrong = await belt.call(call("calc_double", number="many"), ["*"])
    assert refused.failed and "negative numbers are not doubled here" in refused.text
    assert wrong.failed and "number" in wrong.text


async def test_a_server_sees_nothing_of_the_user_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "hunter2")
    async with mcp_tools((STDIO,)) as tools:
        outcome = await ToolBelt(tools, people=Persons()).call(
            call("calc_secret_variable", name="SOME_SECRET"), ["*"]
        )
    assert outcome.text == "(not set)"


async def test_tools_of_a_server_that_is_not_trusted_are_asked_for() -> None:
    people = Persons("no")
    async with mcp_tools((STDIO.model_copy(update={"trusted": False}),)) as tools:
        outcome = await ToolBelt(tools, people=people).call(call("calc_double", number=2), ["*"])
    assert outcome.failed and people.asked[0].text == 'May calc_double be used with {"number": 2}?'


async def test_a_server_over_streamable_http_works_the_same() -> None:
    async with over_http() as url, mcp_tools((McpServer(name="web", url=url, trusted=True),)) as tools:
        assert (await ToolBelt(tools, people=Persons()).call(call("web_double", number=4), ["*"])).text == "8"


async def test_a_server_that_cannot_be_started_or_reached_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="no command 'no-such-server'"):
        async with mcp_tools((McpServer(name="x", command=("no-such-server",)),)):
            pass
    with pytest.raises(ProviderUnavailable, match="'y' does not answer"):
        async with mcp_tools((McpServer(name="y", url="http://127.0.0.1:9/mcp"),)):
            pass


def test_a_server_is_a_command_or_an_address() -> None:
    with pytest.raises(ValueError, match="either a command or a url"):
        McpServer(name="x")
