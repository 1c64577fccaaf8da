"""The application service: all use cases, for the command line, the API, the GUI and Python programs."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from makery.app.artifacts import read_artifact
from makery.app.conclusion import run_file
from makery.app.doctor import Diagnosis, diagnose
from makery.app.handle import RunHandle
from makery.app.lock import RunLock
from makery.app.meter import Meter
from makery.app.models import ModelRow, Trial
from makery.app.naming import free_folder, insist_on_folder
from makery.app.options import (
    AnyOrder,
    BuildOptions,
    ChangeOptions,
    ResumeOptions,
    SkillOptions,
    TeamOptions,
    ordered,
)
from makery.app.other_team import with_company
from makery.app.parts import Company, Order, Parts, RunWorkspace, Society, Stores, TeamMode
from makery.app.result import RunResult
from makery.app.serving_use import ServingUse
from makery.app.settings import Settings
from makery.app.shown import OPTIONS, as_it_stands, shown
from makery.app.sitting import Job, Sitting
from makery.app.team_use import TeamUse
from makery.durable.resume import History, read_history
from makery.kernel.absent import Nobody
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Spent
from makery.kernel.documents import Requirement
from makery.kernel.ports import EventSink, PackageIndex, People, Sandbox
from makery.kernel.role import Role
from makery.kernel.skill import Skill
from makery.store.runs import RunRecord, new_id
from makery.teams.single_skill import find_skill

_NEW = History(messages=(), spent=Spent(), ended=None, sittings=0, last=0)


class Factory(TeamUse, ServingUse):
    """Makes software. Everything it needs from outside comes through `parts`.

    Args:
        settings: what is set; None reads files and environment.
        parts: builds gateway, sandbox, store …; None takes the installed ones.
    """

    def __init__(self, settings: Settings | None = None, *, parts: Parts | None = None) -> None:
        self.settings = settings or _settings()
        self._parts = parts or _installed(self.settings)
        self._stores: Stores | None = None
        self._running: dict[str, RunHandle] = {}
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
        self, options: AnyOrder, *subscribers: EventSink, society: Society | None = None, run_id: str = ""
    ) -> RunHandle:
        """Begin a run and give its handle at once; the run goes on in the background.

        `run_id` is an id that the caller made with `new_id`; '' makes one.

        Raises:
            UserError: requirement, model, key, folder or an option is not usable. No run begins then.
            ModelUnavailable: the embedded model's weights are not here.
            StorageFailure: the folder or the database cannot be written.
        """
        self._parts.read_requirement(options.requirement)  # a bad one is told before anything else
        default = "" if options.replay else self.settings.model
        model = self._parts.model_name(options.model or default, replay=options.replay)
        if options.replay is None:
            self._parts.model_ready(model)
        options = options.model_copy(update={"model": model})
        given = tuple(read_artifact(text) for text in getattr(options, "inputs", ()))
        if isinstance(options, SkillOptions):
            find_skill(options.skill, self._parts.skills())
        society = society or self._society(options)
        workspace, requirement = self._prepare(options)
        record = self._record(options, requirement, workspace, run_id)
        if isinstance(options, ChangeOptions):
            workspace.branch(f"makery/{record.id}")
        with _locked(workspace.root, record.id) as lock:
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
        record = self._open().runs.get(options.run)
        if record.status == "ended":
            return self._over(record)
        insist_on_folder(record)
        with _locked(Path(record.out), record.id) as lock:
            entries = tuple(self._open().ledger.entries(record.id))
            job = self._continued(record, options, read_history(entries))
            return self._sit(job, lock, Meter(entry.event for entry in entries), subscribers)

    def _continued(self, record: RunRecord, options: ResumeOptions, history: History) -> Job:
        was = OPTIONS.validate_python(record.options)
        allowed = was.allow_unknown_price or options.allow_unknown_price
        was = was.model_copy(update={"yes": was.yes or options.yes, "allow_unknown_price": allowed})
        workspace = self._parts.workspace(Path(record.out))
        if isinstance(was, ChangeOptions):
            workspace.branch(f"makery/{record.id}")
        requirement = _first(history) or self._read(was, workspace)
        given = tuple(read_artifact(text) for text in getattr(was, "inputs", ()))
        again = self._open().runs.reopen(record.id, limits=options.limits(record.limits))
        return self._job(again, was, requirement, given, workspace, history, self._society(was))

    def _society(self, options: AnyOrder) -> Society | None:
        return self._parts.society(options) if isinstance(options, TeamOptions) else None

    def runs(self) -> tuple[RunRecord, ...]:
        """The newest runs, newest first; one whose process died counts as `paused`."""
        return tuple(map(as_it_stands, self._open().runs.list()))

    def show(self, run: str) -> RunResult:
        """A run as its ledger leaves it.

        Raises:
            InputError: there is no such run.
        """
        stores = self._open()
        record = as_it_stands(stores.runs.get(run))
        entries = tuple(stores.ledger.entries(record.id))
        return shown(record, entries, self._parts)

    def cancel(self, run: str) -> bool:
        """Stop a run of this process; whether it was under way. Everything finished stays recorded."""
        handle = self._running.get(run)
        return handle is not None and handle.cancel()

    # ------------------------------------------------------------ what there is

    def skills(self) -> tuple[Skill[Any, Any], ...]:
        """All skills, by name."""
        return tuple(skill for _, skill in sorted(self._parts.skills().items()))

    def skill(self, name: str) -> Skill[Any, Any]:
        """One skill.

        Raises:
            InputError: there is none of that name; names the nearest.
        """
        return find_skill(name, self._parts.skills())

    def roles(self) -> tuple[Role, ...]:
        """All roles."""
        return tuple(self._parts.roles().values())

    def models(self) -> tuple[ModelRow, ...]:
        """All models of the catalogue."""
        return self._parts.models()

    async def try_model(self, name: str | None) -> Trial:
        """Whether a model answers; the one in the settings if none is named."""
        return await self._parts.try_model(name or self.settings.model)

    async def stop_engines(self) -> int:
        """End the embedded models' processes, whoever started them; how many there were."""
        return await self._parts.stop_engines()

    def pull_weights(self, name: str | None, tell: Callable[[int, int, str], None]) -> Path:
        """The path of an embedded model's weights, fetched if need be.

        `tell` gets bytes so far, bytes in all, and a note.

        Raises:
            ModelUnavailable: no source could give them; what came is kept and continued next time.
        """
        return self._parts.pull_weights(name or self.settings.model, tell)

    def diagnose(self) -> tuple[Diagnosis, ...]:
        """What is there on this machine and what is missing, with the command that mends it."""
        return diagnose(self.settings, self._parts)

    # -------------------------------------------------------------- experiments

    def with_company(self, company: Company) -> "Factory":
        """A factory on the same parts and stores with another team in the company's place."""
        return Factory(self.settings, parts=with_company(self._parts, company))

    def sandbox(self, *, unsafe_local: bool = False) -> Sandbox:
        """The sandbox that works here, for judging what a run has delivered.

        Raises:
            SandboxUnavailable: none does; the remedy is the command that mends it.
        """
        return self._parts.sandbox(unsafe_local=unsafe_local or self.settings.sandbox == "unsafe-local")

    def packages(self) -> PackageIndex:
        """Where third-party packages come from."""
        return self._parts.packages()

    def model_name(self, name: str | None) -> str:
        """The full name of a model, after looking whether its key or its weights are here.

        Raises:
            InputError: no such model.
            SettingsError: its key or base URL is missing.
            ModelUnavailable: its weights are not here.
        """
        full = self._parts.model_name(name or self.settings.model)
        self._parts.model_ready(full)
        return full

    # ------------------------------------------------------------------ beneath

    def _over(self, record: RunRecord) -> RunHandle:
        async def known() -> RunResult:
            return self.show(record.id)

        return RunHandle(record.id, Path(record.out), asyncio.create_task(known()), over=True)

    def _open(self) -> Stores:
        if self._stores is None:
            self._stores = self._parts.stores()
        return self._stores

    def _prepare(self, options: AnyOrder) -> tuple[RunWorkspace, Requirement]:
        if isinstance(options, ChangeOptions):
            workspace = self._parts.repository(options.repo)
            return workspace, self._read(options, workspace)
        requirement = self._parts.read_requirement(options.requirement)
        folder = self._folder(options, requirement)
        return self._parts.new_workspace(folder, build_over=options.yes), requirement

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
        run_id: str,
    ) -> RunRecord:
        return self._open().runs.create(
            requirement.text,
            id=run_id,
            mode=self._mode(options, requirement),
            model=_without_url(options.model or ""),
            out=str(workspace.root),
            limits=options.limits(self.settings.limits),
            options=options.model_dump(mode="json"),
        )

    def _mode(self, options: AnyOrder, requirement: Requirement) -> str:
        if isinstance(options, SkillOptions | TeamOptions):
            return options.kind
        mode = options.mode or self.settings.mode
        return self._parts.company.choose_mode(requirement) if mode == "auto" else mode

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


@contextmanager
def _locked(folder: Path, run: str) -> Iterator[RunLock]:
    """The run's lock, given back at once if the block does not get to hand it on."""
    lock = RunLock.take(folder, run)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _without_url(model: str) -> str:
    name, at, _ = model.partition("@http")
    return f"custom/{name}" if at else name


def _settings() -> Settings:
    import os

    from makery.app.settings_sources import load_settings

    return load_settings(os.environ)


def _installed(settings: Settings) -> Parts:
    import os

    from makery.app.build import Installed

    return Installed(settings, os.environ)


def _first(history: History) -> Requirement | None:
    artifacts = (message.artifact for message in history.messages)
    return next((artifact for artifact in artifacts if isinstance(artifact, Requirement)), None)
