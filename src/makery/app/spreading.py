"""The use cases of workers: the part of the factory for runs that no single process does."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from makery.app.fanout import FanOut
from makery.app.handle import RunHandle
from makery.app.lock import RunLock
from makery.app.meter import Meter
from makery.app.options import AnyOrder, ChangeOptions, ResumeOptions, SkillOptions, TeamOptions
from makery.app.parts import Parts, RunWorkspace, Society, Stores
from makery.app.result import RunResult
from makery.app.settings import Settings
from makery.app.shared_budget import SharedBudget
from makery.app.shown import options_of
from makery.app.sitting import Job, Sitting
from makery.app.starting import allowing, first_of, given_by, without_url
from makery.app.work_parts import Spread
from makery.durable.resume import History, read_history
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.completion import ModelCall
from makery.kernel.documents import Requirement
from makery.kernel.errors import InputError
from makery.kernel.events import Entry
from makery.kernel.message import Message
from makery.kernel.ports import EventSink
from makery.store.runs import RunRecord, new_id
from makery.store.workers import WorkerRow
from makery.teams.single_skill import find_skill

LOCK_SECONDS = 1.0
"""Between two tries to get the folder of a run that a dying process on this machine still holds."""


class Spreading(ABC):
    """Has workers do runs, and does what a worker does. See `Factory`."""

    settings: Settings
    _parts: Parts

    # ------------------------------------------------------------------------- for users

    def enqueue(self, options: AnyOrder, *, run_id: str, tenant: str) -> RunRecord:
        """Note a run that workers are to do, and tell them.

        Raises:
            UserError: the order cannot be done by workers, or is not usable. No run is noted then.
            StorageFailure: the database cannot be used.
        """
        model = self.insist_on_order(options)
        order = options.model_copy(update={"model": model, "detach": True})
        run = run_id or new_id(time.time())
        workspace = self._parts.repository(order.repo) if isinstance(order, ChangeOptions) else None
        seed = workspace.files() if workspace is not None else None
        requirement = self._parts.read_requirement(order.requirement, seed=seed)
        record = self._open().runs.create(
            requirement.text,
            id=run,
            mode=self._mode(order, requirement),
            model=without_url(model),
            out=str(self._place(run)),
            limits=order.limits(self.settings.limits),
            options=order.model_dump(mode="json"),
        )
        if workspace is not None:
            self._parts.shelve(run, workspace.root)
        self._parts.record().enqueue(run, tenant)
        return record

    def insist_on_order(self, options: AnyOrder) -> str:
        """Insist that workers can do an order; gives the model's full name.

        Raises:
            UserError: they cannot; says why.
        """
        _insist_on_no_files(options)
        if isinstance(options, SkillOptions):
            find_skill(options.skill, self._parts.skills())
        self._parts.read_requirement(options.requirement)
        self._society(options)
        return self._parts.model_name(options.model or self.settings.model)

    def enqueue_again(self, record: RunRecord, options: ResumeOptions) -> RunRecord:
        """Have workers go on with a run that stopped.

        Raises:
            StorageFailure: the database cannot be used, or another version is in the middle of the run.
        """
        order = allowing(options_of(record), options)
        runs = self._open().runs
        again = runs.reopen(
            record.id, limits=options.limits(record.limits), options=order.model_dump(mode="json")
        )
        try:
            self._parts.record().enqueue(record.id, self._tenant(record.id), again=True)
        except BaseException:
            runs.reopen(record.id, limits=record.limits, options=record.options)
            if record.status != "running":  # else workers are at it, and it is theirs to say how it ends
                runs.finish(record.id, exit_status=record.exit_status or 130, verdict=record.verdict)
            raise
        return again

    def follow(self, run: str, *subscribers: EventSink) -> RunHandle:
        """A handle on a run of workers: its result comes when nobody works on it any more."""

        async def until_over() -> RunResult:
            try:
                async for entry in self.watch(run):
                    for subscriber in subscribers:
                        subscriber(entry.event)
            except asyncio.CancelledError:
                pass  # only the watching was to end
            return self.show(run)

        task = asyncio.get_running_loop().create_task(until_over())
        return RunHandle(run, self._place(run), task)

    def workers(self) -> tuple[WorkerRow, ...]:
        """The workers that are known to live, the oldest first.

        Raises:
            StorageFailure: the database cannot be read.
        """
        return self._parts.workers()

    # ------------------------------------------------------------------------ for workers

    async def work(self, tell: Callable[[str], object]) -> None:
        """Be a worker until cancelled; then other workers take over what is under way.

        Raises:
            StorageFailure: the database cannot be used.
        """
        from makery.app.worker import Worker

        await self._parts.work(Worker(self), tell)  # type: ignore[arg-type] - it is a factory

    async def conduct(self, run: str, spread: Spread, *subscribers: EventSink) -> RunResult:
        """Work on a run in this process, its acts spread over all workers, until it ends or stops.

        Raises:
            InputError: there is no such run.
            StorageFailure: the folder or the database cannot be written.
        """
        record = self._open().runs.get(run)
        if record.over:
            return self.show(run)
        folder = self._place(run)
        lock = await _lock(folder, run)
        try:
            workspace = self._parts.shelved_workspace(run, folder)
            if record.options["kind"] == "change":
                workspace.branch(f"makery/{run}")
            entries = tuple(self._open().ledger.entries(run))
            self._parts.reservations(run).clear()
            self._open().runs.reopen(run)
            job = self._spread_job(record, read_history(entries), workspace, spread)
            meter = Meter(entry.event for entry in entries)
            return await Sitting(job, self._parts, self._open(), subscribers, meter).work()
        finally:
            lock.release()

    async def perform(self, run: str, spread: Spread, act: Act) -> Message:
        """Perform one act of a run that some worker conducts.

        Raises:
            MakeryError: what the act raises.
        """
        record = self._open().runs.get(run)
        history = read_history(self._open().ledger.entries(run))
        workspace = self._parts.distant_workspace(run, self._place(run))
        job = self._spread_job(record, history, workspace, spread)
        return await Sitting(job, self._parts, self._open(), (), Meter()).perform(act)

    async def make_call(self, run: str, spread: Spread, call: ModelCall) -> str:
        """Make one model call of a run, within its budget; gives what is kept of it.

        Raises:
            MakeryError: as the gateway says.
        """
        record = self._open().runs.get(run)
        history = read_history(self._open().ledger.entries(run))
        job = self._spread_job(record, history, self._parts.workspace(self._place(run)), spread)
        ledger = self._open().ledger
        budget = SharedBudget(run, record.limits, history, ledger, self._parts.reservations(run))
        return await self._parts.make_call(job.order, budget, FanOut(run, ledger), call)

    # ---------------------------------------------------------------------------- beneath

    def _place(self, run: str) -> Path:
        """Where a worker on this machine keeps the folder of a run."""
        return self.settings.home / "runs" / run

    def _tenant(self, run: str) -> str:
        return self._parts.registers().ownership.organisation(run)

    def _spread_job(self, record: RunRecord, history: History, workspace: Any, spread: Spread) -> Job:
        options = options_of(record)
        requirement = first_of(history) or self._read(options, workspace)
        given, society = given_by(options), self._society(options)
        return replace(
            self._job(record, options, requirement, given, workspace, history, society), spread=spread
        )

    @abstractmethod
    def _open(self) -> Stores: ...

    @abstractmethod
    def _society(self, options: AnyOrder) -> Society | None: ...

    @abstractmethod
    def _mode(self, options: AnyOrder, requirement: Requirement) -> str: ...

    @abstractmethod
    def _read(self, options: AnyOrder, workspace: RunWorkspace) -> Requirement: ...

    @abstractmethod
    def _job(
        self,
        record: RunRecord,
        options: AnyOrder,
        requirement: Requirement,
        given: tuple[Artifact, ...],
        workspace: RunWorkspace,
        history: History,
        society: Society | None,
    ) -> Job: ...

    @abstractmethod
    def show(self, run: str) -> RunResult:
        """See `RunDesk`."""

    @abstractmethod
    def watch(self, run: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """See `RunDesk`."""


async def _lock(folder: Path, run: str) -> RunLock:
    while True:
        try:
            return RunLock.take(folder, run)
        except InputError:
            await asyncio.sleep(LOCK_SECONDS)


def _insist_on_no_files(options: AnyOrder) -> None:
    """A worker may be on another machine, where this one's folders are not."""
    folder = options.out if not isinstance(options, ChangeOptions) else None
    named = [name for name, path in (("--record", options.record), ("--replay", options.replay)) if path]
    if named or folder is not None:
        raise InputError(
            f"Workers do not see this machine's folders: {', '.join([*named, *(['-o'] if folder else [])])}.",
            remedy="Without it; the program comes with: makery runs export RUN --workspace DIR",
        )
    if isinstance(options, TeamOptions) and options.files:
        raise InputError("Workers do not see this machine's files.", remedy="Without --put.")
    if isinstance(options, TeamOptions) and not options.team:
        raise InputError("A team that a program hands over cannot be sent to workers.")
