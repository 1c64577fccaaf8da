"""What an MCP client can have done: build, change, teams, look, stop, continue, and answer what runs ask."""

import asyncio
from pathlib import Path
from typing import Any, Literal

from mcp.server.mcpserver import Context

from makery.app.factory import Factory
from makery.app.handle import RunHandle
from makery.app.options import AnyOrder, BuildOptions, ChangeOptions, ResumeOptions
from makery.app.societies import team_order
from makery.interfaces.mcp.shown import RunState, Waiting, state_of, waiting_for
from makery.kernel.errors import InputError
from makery.kernel.events import ActStarted, Event, PersonAsked
from makery.kernel.gates import Decision, Gate

MOST_WAIT = 600.0
"""Seconds that one call may wait for a run."""
_MOST_CHARACTERS = 200_000


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
        self._told: dict[str, asyncio.Event] = {}
        """Set by the events after which a run may wait for somebody."""

    async def build(
        self,
        requirement: str,
        folder: str = "",
        mode: Literal["auto", "direct", "duo", "company"] | None = None,
        ask: list[Gate] | None = None,
        wait_seconds: float = 30.0,
    ) -> RunState:
        """Make a program from a requirement and check it. Ask for its status until it ended.

        Args:
            requirement: what the program should do, in English or Chinese
            folder: a new folder for it, relative to the server's root; '' names one after the program
            mode: who works on it: one engineer, engineer and QA, the whole company, or as it needs;
                as the user set it if not given
            ask: documents after which the run waits for an answer; see the tools waiting and answer
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        out = self._below(folder) if folder else None
        gates = tuple(ask or ())
        order = BuildOptions(requirement=requirement, out=out, mode=mode, ask=gates, yes=not gates)
        return await self._begin(order, wait_seconds)

    async def change(
        self, requirement: str, repo: str, ask: list[Gate] | None = None, wait_seconds: float = 30.0
    ) -> RunState:
        """Change an existing git repository, on a branch of its own, with its tests before and after.

        Args:
            requirement: what should be different
            repo: the repository's folder, relative to the server's root
            ask: documents after which the run waits for an answer; see the tools waiting and answer
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        gates = tuple(ask or ())
        order = ChangeOptions(requirement=requirement, repo=self._below(repo), ask=gates, yes=not gates)
        return await self._begin(order, wait_seconds)

    async def team(
        self, team: str, task: str, persons: list[str] | None = None, wait_seconds: float = 30.0
    ) -> RunState:
        """Have one of the built-in teams work on a task: a debate, a role play, an agent with tools.

        Args:
            team: its name, for example debate, react, writer_critic, code_agent
            task: what it should do
            persons: roles that you speak for; see the tools waiting and say
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        if "/" in team or "." in team:
            raise InputError(f"No team is called {team!r}.", remedy="Only built-in teams are run from here.")
        seats = tuple(persons or ())
        order = team_order(team, task, persons=seats, attended=bool(seats), yes=True)
        return await self._begin(order, wait_seconds)

    async def status(self, run_id: str, wait_seconds: float = 0.0) -> RunState:
        """Tell how a run stands; waits for its end, or for a question of it, if asked to.

        Args:
            run_id: as build or change gave it
            wait_seconds: how long to wait
        """
        return await self._after(run_id, wait_seconds)

    async def waiting(self, run_id: str = "") -> list[Waiting]:
        """List what runs wait for somebody to say, with the documents to decide on; the longest wait first.

        Args:
            run_id: of this run only, whoever began it; '' for all runs
        """
        if not run_id:
            return [waiting_for(asked) for asked in self._factory.waiting()]
        return self._waits(run_id)

    async def answer(
        self,
        run_id: str,
        decision: Decision,
        ctx: Context,
        note: str = "",
        document: dict[str, Any] | None = None,
        gate: Gate | None = None,
        wait_seconds: float = 0.0,
    ) -> RunState:
        """Decide on a document that a run waits with: approve it, edit it, or reject it, which ends the run.

        A run that nobody works on has to be resumed afterwards.

        Args:
            run_id: of any run that waits, whoever began it
            decision: what is decided
            note: why, in words
            document: with edit: the fields that are to be others
            gate: which document, where the run waits with several
            wait_seconds: how long to wait for what comes of it
        """
        answered = await self._factory.answer(
            run_id, decision, gate=gate, note=note, document=document, by=_client(ctx)
        )
        return await self._after(answered.run, wait_seconds)

    async def say(
        self, run_id: str, text: str, ctx: Context, role: str | None = None, wait_seconds: float = 0.0
    ) -> RunState:
        """Speak for a role of a team that waits for somebody to.

        Args:
            run_id: of any run that waits, whoever began it
            text: what is said; '' leaves the turn to the model
            role: for whom, where the run waits for several
            wait_seconds: how long to wait for what comes of it
        """
        turn = await self._factory.say(run_id, text, role=role, by=_client(ctx))
        return await self._after(turn.run, wait_seconds)

    async def resume(self, run_id: str, wait_seconds: float = 30.0) -> RunState:
        """Continue a run that stopped, within its limits; what was finished is not done or paid for again.

        Args:
            run_id: of any run that stopped, whoever began it
            wait_seconds: how long to wait for the result before answering with the state so far
        """
        told = asyncio.Event()
        handle = await self._factory.resume(ResumeOptions(run=run_id), _telling(told))
        return await self._kept(handle, told, wait_seconds)

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
        handle = self._handles.get(self._factory.find(run_id).id)
        if handle is not None and handle.cancel():
            await handle.wait()
        return self._state(run_id)

    # ----------------------------------------------------------------------- beneath

    async def _begin(self, order: AnyOrder, wait_seconds: float) -> RunState:
        told = asyncio.Event()
        return await self._kept(await self._factory.start(order, _telling(told)), told, wait_seconds)

    async def _kept(self, handle: RunHandle, told: asyncio.Event, wait_seconds: float) -> RunState:
        self._handles[handle.run_id], self._told[handle.run_id] = handle, told
        handle.when_done(lambda: self._forget(handle.run_id))
        return await self._after(handle.run_id, wait_seconds)

    def _forget(self, run: str) -> None:
        self._handles.pop(run, None)
        self._told.pop(run, None)

    async def _after(self, run: str, seconds: float) -> RunState:
        """How a run stands once it ended, or waits for somebody, or that time is over.

        The run goes on whatever becomes of the waiting.
        """
        run = self._factory.find(run).id
        handle, told = self._handles.get(run), self._told.get(run)
        if handle is not None and told is not None:
            over = asyncio.ensure_future(handle.wait())
            asked = asyncio.ensure_future(self._until_asked(run, told))
            wait = min(max(seconds, 0.0), MOST_WAIT)
            try:
                await asyncio.wait({over, asked}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            finally:
                asked.cancel()
        return self._state(run)

    async def _until_asked(self, run: str, told: asyncio.Event) -> None:
        while not self._waits(run):
            told.clear()
            await told.wait()

    def _waits(self, run: str) -> list[Waiting]:
        return [waiting_for(one) for one in (*self._factory.questions(run), *self._factory.turns(run))]

    def _state(self, run: str) -> RunState:
        return state_of(self._factory.show(run), self._waits(run))

    def _below(self, path: str) -> Path:
        found = (self._root / path).resolve()
        if not found.is_relative_to(self._root):
            raise InputError(f"The folder {path!r} is not below the server's root.")
        return found


def _telling(told: asyncio.Event) -> Any:
    """An `EventSink` that tells when a run may have begun to wait for somebody."""

    def sink(event: Event, /) -> None:
        if isinstance(event, ActStarted | PersonAsked):
            told.set()

    return sink


def _client(ctx: Context) -> str:
    """Who answers, as the record names it."""
    params = ctx.session.client_params
    return f"mcp: {params.client_info.name}" if params is not None else "mcp"
