"""One sitting of a run: from its start, or from where it stopped, to its end or the next stop."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version

from makery.app.conclusion import Conclusion
from makery.app.correspondence import Correspondence, Discreet
from makery.app.fanout import FanOut
from makery.app.meter import Meter
from makery.app.options import BuildOptions, ChangeOptions, SkillOptions, TeamOptions
from makery.app.parts import Order, Parts, RunWorkspace, Society, Stores, TeamMode
from makery.app.projection import ProjectedPool, Projection
from makery.app.result import RunResult
from makery.app.seats import sight_in
from makery.app.shared_budget import SharedBudget
from makery.app.words import words_of
from makery.app.work_parts import Spread
from makery.durable.resume import History
from makery.durable.steps import DurableEngine
from makery.durable.tool_calls import DurableToolset
from makery.kernel.absent import Nobody, NoTools
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Budget
from makery.kernel.documents import Check, Requirement
from makery.kernel.errors import ContractViolation, Interrupted, LimitReached, MakeryError
from makery.kernel.events import Event, MessagePublished, PersonAsked, RunStarted
from makery.kernel.message import USER, Message, derived_id
from makery.kernel.pool import Pool
from makery.kernel.ports import EventSink, Inbox, People, Toolset
from makery.kernel.scheduler import Scheduler
from makery.kernel.sight import Sight
from makery.kernel.skill import Toolbox
from makery.kernel.team import Team
from makery.store.runs import RunRecord
from makery.teams.gates import gated
from makery.teams.single_skill import single_skill


@dataclass(frozen=True)
class Job:
    """Everything about a run that a sitting has to know."""

    record: RunRecord
    options: BuildOptions | ChangeOptions | SkillOptions | TeamOptions
    requirement: Requirement
    given: tuple[Artifact, ...]
    """Further artifacts that the user handed in."""
    mode: TeamMode
    order: Order
    workspace: RunWorkspace
    history: History
    society: Society | None = None
    """The team of an order for one."""
    people: People = field(default_factory=Nobody)
    spread: Spread | None = None
    """If workers do it: on whose behalf."""


@dataclass(frozen=True)
class Equipment:
    """What a sitting works with, open as long as it does."""

    engine: DurableEngine
    tools: Toolbox
    team: Team


@dataclass
class Sitting:
    """Works on a run and always comes to a result; what stopped it is in the result."""

    job: Job
    parts: Parts
    stores: Stores
    subscribers: Sequence[EventSink]
    meter: Meter
    """Holds what earlier sittings used."""
    _started: float = field(default_factory=time.monotonic)
    _pool: Pool = field(default_factory=Pool)
    _sandbox: str = ""
    _examples: tuple[Check, ...] = ()

    async def work(self) -> RunResult:
        """The run's result after this sitting. Cancelling the task is how a user stops the run."""
        job = self.job
        # A server's subscribers serve several persons; what each of them may know is narrowed for each.
        sight = sight_in(job.options).model_copy(update={"one_screen": True})
        watchers = (partial(_tell, told, sight) for told in self.subscribers)
        emit = FanOut(job.record.id, self.stores.ledger, (self.meter, *watchers))
        error: MakeryError | None = None
        try:
            await self._try(emit)
        except MakeryError as raised:
            error = raised
        except asyncio.CancelledError:
            if job.spread is not None and job.spread.leaving():
                raise  # another worker goes on with it: nothing is concluded
            error = _stopped()
        if job.spread is not None:  # other workers' calls went into the ledger only
            entries = self.stores.ledger.entries(job.record.id)
            self.meter = Meter(entry.event for entry in entries)
        return self._conclusion(emit, error).draw()

    async def perform(self, act: Act) -> Message:
        """The message of one act of the run, which another process conducts.

        Raises:
            MakeryError: what the skill raises.
        """
        run = self.job.record.id
        emit = FanOut(run, self.stores.ledger)
        async with self._equipped(emit) as ready:
            engine = ready.engine
            pool = Pool(self.job.history.messages)
            scheduler = Scheduler(ready.team, pool, ready.tools, engine, emit, run=run)
            return await engine.doing(act, lambda: scheduler.work(act))

    async def _try(self, emit: FanOut) -> None:
        try:
            self._pool = self._begin(emit)
            await self._within_time(self._pool, emit)
        except MakeryError:
            raise
        except Exception as bug:
            # The run's record must be closed whatever a skill of ours or of a plug-in did.
            raise ContractViolation(f"{type(bug).__name__}: {bug}") from bug

    def _begin(self, emit: FanOut) -> Pool:
        job = self.job
        projection = Projection(job.workspace, self.parts.company, words_of(job.requirement.locale), emit)
        emit(
            RunStarted(
                run=job.record.id,
                team=self._team_name,
                mode=job.record.mode,
                model=job.record.model,
                out=job.record.out,
                resumed=job.history.sittings > 0,
                version=version("makery"),
            )
        )
        pool = ProjectedPool(projection, job.history.messages)
        for message in _opening(job.requirement, job.given):
            if message.id not in pool:
                emit(MessagePublished(act="", message=message.record()))
                pool.publish(message)
        return pool

    async def _within_time(self, pool: Pool, emit: FanOut) -> None:
        limit = self.job.record.limits.seconds
        rest = None if limit is None else max(0.0, limit - self.job.history.spent.seconds)
        timer = asyncio.timeout(rest)
        try:
            async with timer:
                await self._run_team(pool, emit)
        except TimeoutError:
            if not timer.expired():
                raise
            raise _out_of_time(limit or 0.0) from None

    async def _run_team(self, pool: Pool, emit: FanOut) -> None:
        async with self._equipped(emit) as ready:
            self._sandbox = ready.tools.sandbox.name
            self._examples = ready.tools.verifier.examples(self.job.requirement)
            engine = ready.engine
            scheduler = Scheduler(ready.team, pool, ready.tools, engine, emit, run=self.job.record.id)
            await engine.conduct(scheduler.run)

    @asynccontextmanager
    async def _equipped(self, emit: FanOut) -> AsyncIterator[Equipment]:
        job = self.job
        async with self._engine() as engine:
            order = replace(job.order, steps=engine)
            people = self._people(emit, engine)
            async with (
                self.parts.workbench(order, self._budget(), emit, job.workspace) as bench,
                self._society_tools(bench, people) as toolset,
            ):
                kept = DurableToolset(toolset, engine)
                tools = replace(bench, toolset=kept, people=people)
                yield Equipment(engine, tools, self._team(tools, engine))

    def _engine(self) -> AbstractAsyncContextManager[DurableEngine]:
        job = self.job
        if job.spread is None:
            return self.parts.engine(job.record.id, job.history.messages)
        return self.parts.spread_engine(job.record.id, job.history.messages, job.spread)

    def _budget(self) -> Budget:
        record, spent = self.job.record, self.job.history.spent
        if self.job.spread is None:
            return Budget(record.limits, spent)
        return SharedBudget(
            record.id, record.limits, self.job.history, self.stores.ledger, self.parts.reservations(record.id)
        )

    def _people(self, emit: EventSink, inbox: Inbox) -> People:
        options = self.job.options
        attended = isinstance(options, TeamOptions) and options.attended
        if attended:
            return Correspondence(emit, inbox, self._was_asked)
        return Discreet(self.job.people, sight_in(options))

    def _was_asked(self, act: str) -> bool:
        entries = self.stores.ledger.entries(self.job.record.id)
        return any(isinstance(entry.event, PersonAsked) and entry.event.act == act for entry in entries)

    def _society_tools(self, tools: Toolbox, people: People) -> AbstractAsyncContextManager[Toolset]:
        society = self.job.society
        return nullcontext(NoTools()) if society is None else self.parts.toolset(society, tools, people)

    @property
    def _team_name(self) -> str:
        options = self.job.options
        if isinstance(options, TeamOptions):
            return f"team.{options.name}"
        return (
            f"skill.{options.skill}"
            if isinstance(options, SkillOptions)
            else f"software_company.{self.job.mode}"
        )

    def _team(self, tools: Toolbox, inbox: Inbox) -> Team:
        options = self.job.options
        if self.job.society is not None:
            return self.job.society.team
        if isinstance(options, SkillOptions):
            return single_skill(options.skill, self.parts.skills(), self.parts.roles())
        models = tools.models
        team = self.parts.company.team(
            self.job.mode, candidates=models.candidates, one_suite=models.one_suite
        )
        return gated(team, inbox, unattended=options.yes)

    def _conclusion(self, emit: EventSink, error: MakeryError | None) -> Conclusion:
        return Conclusion(
            record=self.job.record,
            kind=self.job.options.kind,
            sight=sight_in(self.job.options),
            requirement=self.job.requirement,
            pool=self._pool,
            workspace=self.job.workspace,
            stores=self.stores,
            meter=self.meter,
            emit=emit,
            seconds=time.monotonic() - self._started,
            seconds_before=self.job.history.spent.seconds,
            sandbox=self._sandbox,
            examples=self._examples,
            error=error,
        )


def _opening(requirement: Requirement, given: Sequence[Artifact]) -> tuple[Message, ...]:
    """What the user says at the start: the requirement, then what else was handed in.

    Ids follow from the contents alone, so that a replay makes the same acts.
    """
    seed = [part for file in requirement.seed for part in (file.path, file.content)]
    first = Message(id=derived_id("requirement", requirement.text, *seed), sender=USER, artifact=requirement)
    others = (
        Message(
            id=derived_id("given", first.id, str(number), artifact.kind(), artifact.model_dump_json()),
            sender=USER,
            artifact=artifact,
        )
        for number, artifact in enumerate(given)
    )
    return first, *others


def _tell(told: EventSink, sight: Sight, event: Event) -> None:
    """Tell somebody who looks on what persons in this run may know."""
    seen = sight.event(event)
    if seen is not None:
        told(seen)


def _stopped() -> Interrupted:
    return Interrupted("The run was stopped.", remedy="Nothing that was finished is lost.")


def _out_of_time(seconds: float) -> LimitReached:
    return LimitReached(
        f"The limit --max-minutes is reached: {seconds / 60:g} minutes are used up.",
        limit="--max-minutes",
        remedy="Nothing is lost; continue with a larger --max-minutes.",
    )
