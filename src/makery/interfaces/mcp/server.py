"""The MCP server: build, change, status, files, and teams; over stdio or streamable HTTP."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from makery.app.factory import Factory
from makery.app.handle import RunHandle
from makery.app.options import AnyOrder, BuildOptions, ChangeOptions
from makery.app.result import RunResult
from makery.app.societies import team_order
from makery.kernel.errors import InputError, MakeryError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

MOST_WAIT = 600.0
"""Seconds that one call may wait for a run."""
_MOST_CHARACTERS = 200_000


class RunState(BaseModel):
    """A run as the client sees it."""

    run_id: str
    state: str
    """`running`, `ended`, `paused` or `failed`."""
    verdict: str = ""
    message: str = ""
    folder: str
    files: list[str] = []
    how_to_run: str = ""
    reasons: list[str] = []
    """Why it is not verified."""
    answer: str = ""
    """What a team came to."""
    seconds: float = 0.0
    calls: int = 0
    usd: float = 0.0


class Desk:
    """Takes orders for one client and keeps their handles.

    Args:
        factory: does the work.
        root: folder below which programs are made and repositories may be changed.
    """

    def __init__(self, factory: Factory, root: Path) -> None:
        self._factory = factory
        self._root = root.resolve()
        self._handles: dict[str, RunHandle] = {}

    async def build(
        self,
        requirement: str,
        folder: str = "",
        mode: Literal["auto", "direct", "duo", "company"] | None = None,
        wait_seconds: float = 30.0,
    ) -> RunState:
        """Make a program from a requirement and check it. Ask for its status until it ended.

        Args:
            requirement: what the program should do, in English or Chinese
            folder: a new folder for it, relative to the server's root; '' names one after the program
            mode: who works on it: one engineer, engineer and QA, the whole company, or as it needs;
                as the user set it if not given
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        out = self._below(folder) if folder else None
        order = BuildOptions(requirement=requirement, out=out, mode=mode, yes=True)
        return await self._begin(order, wait_seconds)

    async def change(self, requirement: str, repo: str, wait_seconds: float = 30.0) -> RunState:
        """Change an existing git repository, on a branch of its own, with its tests before and after.

        Args:
            requirement: what should be different
            repo: the repository's folder, relative to the server's root
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        order = ChangeOptions(requirement=requirement, repo=self._below(repo), yes=True)
        return await self._begin(order, wait_seconds)

    async def team(self, team: str, task: str, wait_seconds: float = 30.0) -> RunState:
        """Have one of the built-in teams work on a task: a debate, a role play, an agent with tools.

        Args:
            team: its name, for example debate, react, writer_critic, code_agent
            task: what it should do
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        if "/" in team or "." in team:
            raise InputError(f"No team is called {team!r}.", remedy="Only built-in teams are run from here.")
        return await self._begin(team_order(team, task, yes=True), wait_seconds)

    async def status(self, run_id: str, wait_seconds: float = 0.0) -> RunState:
        """Tell how a run stands; waits for its end if asked to.

        Args:
            run_id: as build or change gave it
            wait_seconds: how long to wait for its end
        """
        handle = self._handles.get(run_id)
        if handle is not None:
            await self._wait(handle, wait_seconds)
        return _state(self._factory.show(run_id))

    async def files(self, run_id: str, path: str = "") -> str:
        """List the files of a run's program, or give the text of one.

        Args:
            run_id: as build or change gave it
            path: which file; '' for the list
        """
        result = self._factory.show(run_id)
        if not path:
            return "\n".join(result.files)
        if path not in result.files:
            raise InputError(
                f"Run {run_id} has no file {path!r}.", remedy=f"It has: {', '.join(result.files)}."
            )
        text = (result.workspace / path).read_text(encoding="utf-8", errors="replace")
        return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "\n[cut here]"

    async def cancel(self, run_id: str) -> RunState:
        """Stop a run; everything that was finished is kept and can be resumed.

        Args:
            run_id: as build or change gave it
        """
        handle = self._handles.get(run_id)
        if handle is not None and handle.cancel():
            await handle.wait()
        return _state(self._factory.show(run_id))

    async def _begin(self, order: AnyOrder, wait_seconds: float) -> RunState:
        handle = await self._factory.start(order)
        self._handles[handle.run_id] = handle
        handle.when_done(lambda: self._handles.pop(handle.run_id, None))
        result = await self._wait(handle, wait_seconds)
        return _state(result or self._factory.show(handle.run_id))

    async def _wait(self, handle: RunHandle, seconds: float) -> RunResult | None:
        """The result, or None if the run takes longer. The run goes on whatever becomes of the waiting."""
        import asyncio

        waiting = asyncio.ensure_future(handle.wait())
        done, _ = await asyncio.wait({waiting}, timeout=min(max(seconds, 0.0), MOST_WAIT))
        return waiting.result() if done else None

    def _below(self, path: str) -> Path:
        found = (self._root / path).resolve()
        if not found.is_relative_to(self._root):
            raise InputError(f"The folder {path!r} is not below the server's root.")
        return found


def mcp_server(factory: Factory, root: Path) -> "MCPServer":
    """The server; run it with `run("stdio")` or `run("streamable-http", …)`."""
    from importlib.metadata import version

    from mcp.server.mcpserver import MCPServer

    server: MCPServer[Any] = MCPServer("makery", version=version("makery"))
    desk = Desk(factory, root)
    for tool in (desk.build, desk.change, desk.team, desk.status, desk.files, desk.cancel):
        server.add_tool(
            _telling(tool), description=" ".join((tool.__doc__ or "").partition("Args:")[0].split())
        )
    return server


def _telling(tool: Any) -> Any:
    """The tool, with its errors told to the client: what is wrong and what to do."""
    from functools import wraps

    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    async def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return await tool(*args, **kwargs)
        except MakeryError as error:
            raise ToolError(str(error)) from error

    return told


def _state(result: RunResult) -> RunState:
    verdict = result.verdict
    return RunState(
        run_id=result.run_id,
        state=result.state,
        verdict=verdict.status if verdict else "",
        message=result.message,
        folder=str(result.workspace),
        files=list(result.files),
        how_to_run=result.how_to_run,
        reasons=list(verdict.reasons) if verdict else [],
        answer=getattr(result.artifact, "text", ""),
        seconds=round(result.seconds, 1),
        calls=result.used.calls,
        usd=round(result.used.usd, 6),
    )
