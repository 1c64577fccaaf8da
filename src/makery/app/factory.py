"""The application service: all use cases, for the command line, the API, the GUI and Python programs."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from makery.app.conclusion import run_file
from makery.app.forking import fork_of
from makery.app.handle import RunHandle
from makery.app.inventory import Inventory
from makery.app.lock import RunLock
from makery.app.meter import Meter
from makery.app.naming import free_folder, insist_on_folder
from makery.app.options import (
    AnyOrder,
    BuildOptions,
    ChangeOptions,
    ForkOptions,
    ResumeOptions,
    SkillOptions,
    TeamOptions,
    as_options,
    ordered,
)
from makery.app.other_team import with_company
from makery.app.parts import Company, Order, Parts, RunWorkspace, Society, TeamMode
from makery.app.result import RunResult
from makery.app.run_desk import RunDesk
from makery.app.scheduling import Scheduling
from makery.app.seats import insist_on_discretion
from makery.app.serving_use import ServingUse
from makery.app.settings import Settings
from makery.app.shown import is_detached, options_of
from makery.app.sitting import Job, Sitting
from makery.app.societies import handed_in, own_models
from makery.app.spreading import Spreading
from makery.app.starting import allowing, first_of, given_by, insist_on_going_on, locked, without_url
from makery.app.team_use import TeamUse
from makery.durable.resume import History, read_history
from makery.kernel.absent import Nobody
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Spent
from makery.kernel.documents import Requirement
from makery.kernel.errors import InputError
from makery.kernel.ports import EventSink, People
from makery.store.access import LOCAL
from makery.store.runs import RunRecord, new_id
from makery.teams.single_skill import find_skill

_NEW = History(messages=(), spent=Spent(), ended=None, sittings=0, last=0)


class Factory(RunDesk, Spreading, Scheduling, TeamUse, Inventory, ServingUse):
    """Makes software. What can be done with runs that exist is in `RunDesk`.

    Args:
        settings: what is set; None reads files and environment.
        parts: builds all that the factory needs from outside; None takes what is installed.
    """

    def __init__(self, settings: Settings | None = None, *, parts: Parts | None = None) -> None:
        self.settings = settings or _settings()
        super().__init__(parts or _installed(self.settings))
        self.people: People = Nobody()
        """Who is asked where a team has a person in a seat, or a tool needs consent."""

    # ------------------------------------------------------------- synchronous façade

    def build(self, requirement: str, **options: Any) -> RunResult:
        """Make a program and wait for it. `options` are the fields of `BuildOptions`.

        Raises:
            MakeryError: what stopped the run; continue it with `resume`.
        """
        return self._wait(ordered(BuildOptions, requirement=requirement, **options))

    def change(self, requirement: str, repo: Path | str, **options: Any) -> RunResult:
        """Change a repository and wait for it. `options` are the fields of `ChangeOptions`.

        Raises:
            MakeryError: what stopped the run; continue it with `resume`.
        """
        return self._wait(ordered(ChangeOptions, requirement=requirement, repo=Path(repo), **options))

    def _wait(self, options: AnyOrder) -> RunResult:
        async def conduct() -> RunResult:
            return await (await self.start(options)).wait()

        return asyncio.run(conduct()).raise_for_error()

    # ------------------------------------------------------------------ runs

    async def start(
        self,
        options: AnyOrder,
        *subscribers: EventSink,
        society: Society | None = None,
        run_id: str = "",
        tenant: str = LOCAL,
    ) -> RunHandle:
        """Begin a run and give its handle at once; the run goes on in the background.

        `run_id` is an id that the caller made with `new_id`; '' makes one. `tenant` is for whom workers
        do it, if the order says that they should.

        Raises:
            UserError: requirement, model, key, folder or an option is not usable. No run begins then.
            ModelUnavailable: the embedded model's weights are not here.
            StorageFailure: the folder or the database cannot be written.
        """
        self._parts.read_requirement(options.requirement)  # a bad one is told before anything else
        insist_on_discretion(options)
        if options.detach:
            return self.follow(self.enqueue(options, run_id=run_id, tenant=tenant).id, *subscribers)
        default = "" if options.replay else self.settings.model
        model = self._parts.model_name(options.model or default, replay=options.replay)
        if options.replay is None:
            self._parts.model_ready(model)
        options = options.model_copy(update={"model": model})
        given = given_by(options)
        if isinstance(options, SkillOptions):
            find_skill(options.skill, self._parts.skills())
        society = society or self._society(options)
        workspace, requirement = self._prepare(options)
        record = self._record(options, requirement, workspace, run_id=run_id)
        if isinstance(options, ChangeOptions):
            workspace.branch(f"makery/{record.id}")
        with locked(workspace.root, record.id) as lock:
            workspace.put({".makery/run.json": run_file(record, options.kind, requirement)})
            job = self._job(record, options, requirement, given, workspace, _NEW, society)
            return self._sit(job, lock, Meter(), subscribers)

    async def resume(self, options: ResumeOptions, *subscribers: EventSink) -> RunHandle:
        """Continue a run from its ledger. What was finished is not done again; what was spent counts.

        A run that has ended stays as it is: the handle, whose `over` is true, gives how it ended.

        Raises:
            InputError: there is no such run, its folder is gone, or it is being worked on.
            StorageFailure: the folder or the database cannot be written.
        """
        # What cannot be seen any more would be done and paid again. It takes about a second for each GB.
        await asyncio.to_thread(self._open().runs.insist_on_sound)
        record = self._open().runs.get(options.run)
        if record.status == "ended":
            return self._over(record)
        insist_on_going_on(record)
        if is_detached(record):
            return self.follow(self.enqueue_again(record, options).id, *subscribers)
        insist_on_folder(record)
        with locked(Path(record.out), record.id) as lock:
            entries = tuple(self._open().ledger.entries(record.id))
            job = self._continued(record, options, read_history(entries))
            return self._sit(job, lock, Meter(entry.event for entry in entries), subscribers)

    def _continued(self, record: RunRecord, options: ResumeOptions, history: History) -> Job:
        was = allowing(options_of(record), options)
        workspace = self._parts.workspace(Path(record.out))
        if isinstance(was, ChangeOptions):
            workspace.branch(f"makery/{record.id}")
        requirement = first_of(history) or self._read(was, workspace)
        given, society = given_by(was), self._society(was)
        again = self._open().runs.reopen(
            record.id, limits=options.limits(record.limits), options=was.model_dump(mode="json")
        )
        return self._job(again, was, requirement, given, workspace, history, society)

    def _society(self, options: AnyOrder) -> Society | None:
        return self._parts.society(options) if isinstance(options, TeamOptions) else None

    async def replay(self, run: str, *subscribers: EventSink, out: Path | None = None) -> RunHandle:
        """Do a run again in a new folder, with the recorded answers instead of a model.

        Raises:
            InputError: there is no such run, it makes no program, or no calls of it are kept.
            StorageFailure: the folder or the database cannot be written.
        """
        record = self.find(run)
        was = options_of(record)
        if not isinstance(was, BuildOptions):
            raise InputError(f"Run {record.id!r} is no build; only builds can be replayed.")
        insist_on_going_on(record)
        if record.status != "ended":
            raise InputError(
                f"Run {record.id!r} is {record.status}: some of its calls were never made.",
                remedy=f"First: makery runs resume {record.id}",
            )
        lines = "".join(self.recording(record.id))
        path = self.settings.home / "recordings" / f"{record.id}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines, encoding="utf-8")
        order = was.model_copy(
            update={"replay": path, "record": None, "out": out, "model": None, "mode": record.mode}
        )
        return await self.start(order.model_copy(update=as_options(record.limits)), *subscribers)

    async def fork(self, options: ForkOptions, *subscribers: EventSink, run_id: str = "") -> RunHandle:
        """Begin a run that goes another way from a step of another one; what came before is taken over.

        `run_id` is as for `start`.

        Raises:
            InputError: no such run, step or model; the run changes a repository; the artifact does not fit.
            StorageFailure: the folder or the database cannot be written.
        """
        stores = self._open()
        origin = stores.runs.get(options.run)
        fork = fork_of(origin, self.events(origin.id), options)
        model = self._parts.model_name(fork.options.model or origin.model, replay=fork.options.replay)
        if fork.options.replay is None:
            self._parts.model_ready(model)
        order = fork.options.model_copy(update={"model": model, "detach": False})  # a fork is done here
        society = self._society(order)
        workspace, requirement = self._prepare(order)
        record = self._record(order, requirement, workspace, mode=origin.mode, run_id=run_id)
        with locked(workspace.root, record.id) as lock:
            for event in fork.opening(record.id):
                stores.ledger.append(record.id, event)
            workspace.put({".makery/run.json": run_file(record, order.kind, requirement)})
            history = read_history(stores.ledger.entries(record.id))
            job = self._job(record, order, requirement, (), workspace, history, society)
            return self._sit(job, lock, Meter(), subscribers)

    # -------------------------------------------------------------- experiments

    def with_company(self, company: Company) -> "Factory":
        """A factory on the same parts and stores with another team in the company's place."""
        return Factory(self.settings, parts=with_company(self._parts, company))

    # ------------------------------------------------------------------ beneath

    def _over(self, record: RunRecord) -> RunHandle:
        async def known() -> RunResult:
            return self.show(record.id)

        return RunHandle(record.id, Path(record.out), asyncio.create_task(known()), over=True)

    def _prepare(self, options: AnyOrder) -> tuple[RunWorkspace, Requirement]:
        if isinstance(options, ChangeOptions):
            workspace = self._parts.repository(options.repo)
            return workspace, self._read(options, workspace)
        requirement = self._parts.read_requirement(options.requirement)
        folder = self._folder(options, requirement)
        files = handed_in(options.files) if isinstance(options, TeamOptions) else {}
        workspace = self._parts.new_workspace(folder, build_over=options.yes)
        workspace.put(files)
        return workspace, requirement

    def _folder(self, options: BuildOptions | SkillOptions | TeamOptions, requirement: Requirement) -> Path:
        if options.out is not None:
            return options.out
        if isinstance(options, TeamOptions):
            return self.settings.home / "teams" / f"{options.name}-{new_id(time.time())}"
        if isinstance(options, SkillOptions):
            return self.settings.home / "skills" / f"{options.skill}-{new_id(time.time())}"
        return free_folder(requirement, Path.cwd())

    def _read(self, options: AnyOrder, workspace: RunWorkspace) -> Requirement:
        seed = workspace.files() if isinstance(options, ChangeOptions) else None
        return self._parts.read_requirement(options.requirement, seed=seed)

    def _record(
        self,
        options: AnyOrder,
        requirement: Requirement,
        workspace: RunWorkspace,
        *,
        run_id: str = "",
        mode: str = "",
    ) -> RunRecord:
        return self._open().runs.create(
            requirement.text,
            id=run_id,
            mode=mode or self._mode(options, requirement),
            model=without_url(options.model or ""),
            out=str(workspace.root),
            limits=options.limits(self.settings.limits),
            options=options.model_dump(mode="json"),
        )

    def _mode(self, options: AnyOrder, requirement: Requirement) -> str:
        if isinstance(options, SkillOptions | TeamOptions):
            return options.kind
        mode = options.mode or self.settings.mode
        planned = {"prd", "design", "plan"} & set(options.ask)
        if planned and mode not in ("auto", "company"):
            raise InputError(
                f"There is no {' and no '.join(sorted(planned))} to ask about in mode {mode!r}.",
                remedy="Use --mode company, or ask for the delivery only.",
            )
        if mode == "auto":
            return "company" if planned else self._parts.company.choose_mode(requirement)
        return mode

    def _job(
        self,
        record: RunRecord,
        options: AnyOrder,
        requirement: Requirement,
        given: tuple[Artifact, ...],
        workspace: RunWorkspace,
        history: History,
        society: Society | None,
    ) -> Job:
        order = Order(
            run=record.id,
            model=options.model or record.model,
            seed=self.settings.seed if options.seed is None else options.seed,
            record=options.record,
            replay=options.replay,
            unsafe_local=options.unsafe_local or self.settings.sandbox == "unsafe-local",
            any_price=options.allow_unknown_price or self.settings.allow_unknown_price,
            role_models=own_models(society.team) if society else {},
        )
        mode: TeamMode = "direct" if record.mode in ("skill", "team") else record.mode  # type: ignore[assignment]
        return Job(record, options, requirement, given, mode, order, workspace, history, society, self.people)

    def _sit(self, job: Job, lock: RunLock, meter: Meter, subscribers: Sequence[EventSink]) -> RunHandle:
        sitting = Sitting(job, self._parts, self._open(), subscribers, meter)
        handle = RunHandle(job.record.id, job.workspace.root, asyncio.create_task(sitting.work()))
        self._running[handle.run_id] = handle
        handle.when_done(lock.release)
        handle.when_done(lambda: self._running.pop(handle.run_id, None))
        return handle


def _settings() -> Settings:
    import os

    from makery.app.settings_sources import load_settings

    return load_settings(os.environ)


def _installed(settings: Settings) -> Parts:
    import os

    from makery.app.build import Installed

    return Installed(settings, os.environ)
