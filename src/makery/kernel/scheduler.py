"""The loop of a run: dataflow, not rounds."""

import asyncio
from dataclasses import replace
from typing import TypedDict

from makery.kernel.act import Act
from makery.kernel.completion import Purpose
from makery.kernel.errors import ContractViolation, MakeryError
from makery.kernel.events import ActFailed, ActStarted, MessagePublished
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.ports import Engine, EventSink
from makery.kernel.program import message_id
from makery.kernel.skill import Inputs, Toolbox
from makery.kernel.team import Team


class _Named(TypedDict):
    """What events say of an act."""

    act: str
    role: str
    skill: str
    audience: tuple[str, ...]


class Scheduler:
    """Runs a team on a pool until its protocol is finished.

    An act starts as soon as the protocol names it; acts under way at the same time run in
    parallel; the loop goes on as soon as any one of them ends.
    """

    def __init__(
        self, team: Team, pool: Pool, tools: Toolbox, engine: Engine, emit: EventSink, *, run: str
    ) -> None:
        self.team = team
        self.pool = pool
        self._tools = tools
        self._engine = engine
        self._emit = emit
        self._run = run
        self._done = {message.id for message in pool}

    async def run(self) -> None:
        """Work until finished.

        Raises:
            MakeryError: what an act raised, after the acts under way were stopped.
            ContractViolation: the protocol is not finished and names no new act.
        """
        underway: dict[asyncio.Task[Message], Act] = {}
        try:
            while not self.team.protocol.finished(self.pool):
                self._start_ready(underway)
                if not underway:
                    raise ContractViolation(f"Team {self.team.name!r} is stuck: nothing to do, not finished.")
                ended, _ = await asyncio.wait(underway, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(ended, key=lambda task: underway[task].id):
                    self._publish(underway.pop(task), task.result())
        finally:
            await _stop(underway)

    def _start_ready(self, underway: dict[asyncio.Task[Message], Act]) -> None:
        busy = {message_id(act) for act in underway.values()}
        for act in self.team.protocol.next_acts(self.pool):
            key = message_id(act)
            if key not in self._done and key not in busy:
                busy.add(key)
                underway[asyncio.create_task(self._perform(act), name=act.label or act.skill)] = act

    async def _perform(self, act: Act) -> Message:
        self.team.role(act.role).require(act.skill)
        named = _Named(act=act.id, role=act.role, skill=act.skill, audience=act.audience)
        self._emit(ActStarted(**named, label=act.label))
        try:
            return await self._engine.perform(act, lambda: self.work(act))
        except MakeryError as error:
            self._emit(ActFailed(**named, error=type(error).__name__, message=str(error)))
            raise

    async def work(self, act: Act) -> Message:
        """Perform one act now, whatever engine or process asks for it; the pool must hold its inputs.

        Raises:
            MakeryError: what the skill raises.
        """
        skill = self.team.skills[act.skill]
        artifacts = Inputs(self._readable(act, message).artifact for message in act.inputs)
        purpose = Purpose(run=self._run, role=act.role, skill=act.skill, act=act.id, audience=act.audience)
        tools = replace(self._tools, role=self.team.role(act.role), purpose=purpose)
        artifact = await skill.run(skill.gather(act, artifacts), tools)
        return Message(
            id=message_id(act),
            sender=act.role,
            skill=act.skill,
            artifact=artifact,
            causes=act.inputs,
            audience=act.audience,
        )

    def _readable(self, act: Act, message: str) -> Message:
        # What is told in confidence stays there, whatever a protocol or a prompt asks for.
        found = self.pool[message]
        if not found.readable_by(act.role):
            raise ContractViolation(f"Role {act.role!r} may not read message {message} for {found.audience}.")
        return found

    def _publish(self, act: Act, message: Message) -> None:
        self._emit(MessagePublished(act=act.id, message=message.record()))
        self._done.add(message.id)
        self.pool.publish(message)


async def _stop(underway: dict[asyncio.Task[Message], Act]) -> None:
    for task in underway:
        task.cancel()
    await asyncio.gather(*underway, return_exceptions=True)
