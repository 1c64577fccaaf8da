"""Works through the tasks of a suite: each a real run of the factory, judged afterwards, one line each."""

import asyncio
import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from makery.app.factory import Factory
from makery.app.options import BuildOptions, ChangeOptions
from makery.app.result import RunResult
from makery.kernel.errors import (
    AuthenticationFailed,
    EnvironmentFailure,
    Interrupted,
    MakeryError,
    ModelUnavailable,
    ProviderError,
    SandboxUnavailable,
    SettingsError,
    StorageFailure,
    UnknownModel,
)
from makery.kernel.events import Event, ModelCalled
from makery.lab.grade import FailedTest, Failure, Grade
from makery.lab.grading import Bench, grade
from makery.lab.line import Configuration, Line, Tokens, append, read_lines
from makery.lab.modes import own_mode, team_for
from makery.lab.provenance import Provenance
from makery.lab.task import Task

_HOPELESS = (
    AuthenticationFailed,
    UnknownModel,
    ModelUnavailable,
    SandboxUnavailable,
    SettingsError,
    StorageFailure,
)
"""What would stop every other task, too: the suite ends."""

_STOPPING = (Interrupted, *_HOPELESS)
_GO_ON = "Finished tasks are kept: the same command with --resume goes on."
MOST_TOLD = 5
_OURS = (".makery/", "README.md")


@dataclass(frozen=True)
class Plan:
    """What an evaluation does."""

    configuration: Configuration
    tasks: tuple[Task, ...]
    provenance: Provenance
    model: str
    """What finds the model; the configuration holds no address or path."""
    out: Path
    """The file of result lines."""
    work: Path
    """Each run's program is in a folder below."""
    samples: int = 1
    subset: int | None = None
    jobs: int = 1
    """Tasks that are worked on at the same time."""
    unsafe_local: bool = False
    any_price: bool = False


Told = Callable[[Line, int, int], None]
"""Called with each new line, how many are done and how many there are."""


@dataclass
class Evaluation:
    """One evaluation. `done` are the lines that were there when it began and those it has added."""

    factory: Factory
    plan: Plan
    tell: Told = lambda line, done, total: None
    done: list[Line] = field(default_factory=list)

    async def run(self, *, resume: bool = False) -> tuple[Line, ...]:
        """All lines of this configuration. A task's own error is in its line; the suite goes on.

        Raises:
            Interrupted: it was cancelled; finished tasks are in the file.
            MakeryError: no task could be worked on: no model, no sandbox, a full disk.
        """
        wanted = self._wanted(resume)
        bench = Bench(self.factory.sandbox(unsafe_local=self.plan.unsafe_local), self.factory.packages())
        todo = iter(wanted)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.plan.jobs, len(wanted)) or 1):
                    group.create_task(self._work(todo, bench))
        except asyncio.CancelledError:
            raise Interrupted("The evaluation was stopped.", remedy=_GO_ON) from None
        except BaseExceptionGroup as several:
            raise _telling(several) from several
        return tuple(self.done)

    def _wanted(self, resume: bool) -> list[tuple[Task, int]]:
        before = read_lines([self.plan.out]) if resume and self.plan.out.exists() else ()
        mine = [line for line in before if line.configuration == self.plan.configuration and _is_final(line)]
        have = {(line.id, line.task, line.sample): line for line in mine}
        every = [(task, sample) for sample in range(self.plan.samples) for task in self.plan.tasks]
        keys = [(task.id, task.digest, sample) for task, sample in every]
        self.done = [have[key] for key in keys if key in have]
        return [pair for pair, key in zip(every, keys, strict=True) if key not in have]

    async def _work(self, todo: Iterator[tuple[Task, int]], bench: Bench) -> None:
        for task, sample in todo:
            line = await self._one(task, sample, bench)
            append(self.plan.out, line)
            self.done.append(line)
            self.tell(line, len(self.done), len(self.plan.tasks) * self.plan.samples)

    async def _one(self, task: Task, sample: int, bench: Bench) -> Line:
        seen = _Seen()
        try:
            result = await self._made(task, sample, seen)
        except _HOPELESS:
            raise
        except MakeryError as error:  # no run came about: the requirement is not usable
            return self._line(task, sample, None, Grade.nothing_ran(task, "stopped", str(error)), seen, error)
        if isinstance(result.error, _STOPPING):
            raise result.error
        program = _program(result)
        graded = await _graded(task, program, bench)
        return self._line(task, sample, result, graded, seen, result.error, program)

    async def _made(self, task: Task, sample: int, seen: "_Seen") -> RunResult:
        """The run, in a folder of its own."""
        plan, name = self.plan, re.sub(r"[^\w.-]+", "_", task.id)
        folder = (plan.work / _folder(plan) / f"{name}-{sample}").absolute()
        factory = team_for(self.factory, plan.configuration.mode, plan.configuration.candidates)
        common = {
            "requirement": task.requirement,
            "model": plan.model,
            "mode": own_mode(plan.configuration.mode),
            "seed": plan.configuration.seed + sample,
            "max_minutes": plan.configuration.max_minutes,
            "max_tokens": plan.configuration.max_tokens,
            "yes": True,
            "allow_unknown_price": plan.any_price,
            "unsafe_local": plan.unsafe_local,
        }
        _cleared(folder)
        if task.seed:
            _planted(folder, dict(task.seed))
            order: BuildOptions | ChangeOptions = ChangeOptions.model_validate({**common, "repo": folder})
        else:
            order = BuildOptions.model_validate({**common, "out": folder})
        return await (await factory.start(order, seen)).wait()

    def _line(
        self,
        task: Task,
        sample: int,
        result: RunResult | None,
        graded: Grade,
        seen: "_Seen",
        error: MakeryError | None,
        program: Mapping[str, str] | None = None,
    ) -> Line:
        plan, own = self.plan, _own(program or {}, task)
        verdict = result.verdict if result else None
        used = result.used.usage if result else None
        return Line(
            configuration=plan.configuration,
            id=task.id,
            sample=sample,
            group=task.group,
            task=task.digest,
            subset=plan.subset,
            makery=plan.provenance.makery,
            commit=plan.provenance.commit,
            prompts=plan.provenance.prompts,
            ran=_ran(plan.configuration.mode, result),
            run=result.run_id if result else "",
            solved=graded.solved,
            base_solved=graded.base_solved,
            passed=graded.passed,
            total=graded.total,
            verdict=verdict.status if verdict else "",
            clauses=(verdict.clauses_proved, len(verdict.proofs)) if verdict else (0, 0),
            checks=(verdict.passed, verdict.failed) if verdict else (0, 0),
            mutants=(verdict.caught, verdict.mutants) if verdict else (0, 0),
            tokens=Tokens(
                prompt=used.prompt_tokens, completion=used.completion_tokens, cached=used.cached_tokens
            )
            if used
            else Tokens(),
            calls=result.used.calls if result else 0,
            from_cache=seen.from_cache,
            cut=seen.cut,
            seconds=round(result.seconds, 3) if result else 0.0,
            model_seconds=round(result.used.seconds, 3) if result else 0.0,
            failure=_failure(graded, seen, error, bool(own)),
            failed=_public(graded.failed),
            error=type(error).__name__ if error else "",
            message=str(error) if error else graded.trouble,
            files=len(own),
            lines=sum(len(text.splitlines()) for text in own.values()),
            at=round(time.time(), 3),
        )


@dataclass
class _Seen:
    """An event sink that counts what a run's result does not tell."""

    from_cache: int = 0
    cut: int = 0

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, ModelCalled):
            self.from_cache += event.source != "model"
            self.cut += event.finish != "stop"


async def _graded(task: Task, program: Mapping[str, str], bench: Bench) -> Grade:
    try:
        return await grade(task, program, bench)
    except SandboxUnavailable:
        raise
    except EnvironmentFailure as error:  # a package of the tests' own cannot be had: nothing is known
        return Grade(passed=0, total=0, base_passed=0, base_total=0, trouble=f"not run: {error}")


def _public(failed: Sequence[FailedTest]) -> tuple[FailedTest, ...]:
    """The first failures, without what a hidden test expects: results may be published."""
    return tuple(
        one.model_copy(update={"message": ""}) if one.failure == "wrong value" else one
        for one in failed[:MOST_TOLD]
    )


def _ran(mode: str, result: RunResult | None) -> str:
    return "" if result is None else mode if mode == "best_of_n" else result.mode


def _failure(graded: Grade, seen: _Seen, error: MakeryError | None, delivered: bool) -> Failure:
    if graded.solved is not False:
        return ""
    if error is not None and not delivered:
        return "stopped"
    if seen.cut and graded.failure in ("syntax", "missing file", "interface"):
        return "cut off"
    return graded.failure


def _is_final(line: Line) -> bool:
    """Whether doing it again would measure nothing new: an endpoint's failure says nothing about us."""
    return line.error not in {kind.__name__ for kind in _subclasses(ProviderError)}


def _subclasses(kind: type) -> Iterator[type]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)


def _program(result: RunResult) -> dict[str, str]:
    return {path: (result.workspace / path).read_text(encoding="utf-8") for path in result.files}


def _own(program: Mapping[str, str], task: Task) -> dict[str, str]:
    """The files that the run wrote itself: not our README, not what was there before."""
    seed = dict(task.seed)
    return {
        path: text for path, text in program.items() if not path.startswith(_OURS) and seed.get(path) != text
    }


def _folder(plan: Plan) -> str:
    """A name that no evaluation has which could be going on beside this one."""
    told = f"{plan.configuration.model_dump_json()} {plan.out.absolute()}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    return f"{plan.configuration.suite}-{plan.configuration.mode}-{digest}"


def _cleared(folder: Path) -> None:
    """A folder of an earlier attempt, which was interrupted or failed, is thrown away."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailure(f"{str(folder)!r} cannot be made: {error.strerror}.") from None


def _planted(folder: Path, files: Mapping[str, str]) -> None:
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        # A repository of its own, even if the work folder is inside another one.
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise StorageFailure(f"{str(folder)!r} cannot be made a repository: {error}.") from None


def _telling(several: BaseExceptionGroup) -> BaseException:
    """The error to tell: what stopped the suite rather than what was stopped with it; a bug above all."""
    flat = list(_flat(several))
    bugs = [error for error in flat if not isinstance(error, MakeryError)]
    causes = [error for error in flat if not isinstance(error, Interrupted)]
    if bugs or causes:
        return (bugs or causes)[0]
    return Interrupted("The evaluation was stopped.", remedy=_GO_ON)


def _flat(several: BaseExceptionGroup) -> Iterator[BaseException]:
    for error in several.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error
