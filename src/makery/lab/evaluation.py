"""Works through the tasks of a suite: each a real run of the factory, judged afterwards, one line each."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

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
from makery.lab.folders import folder_for
from makery.lab.grade import Grade
from makery.lab.grading import Bench, grade
from makery.lab.line import Line, append, read_lines
from makery.lab.measured import Measured, Seen, line_of
from makery.lab.modes import own_mode, team_for
from makery.lab.plan import Plan
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
            self.tell(line, len(self.done), self.plan.total)

    async def _one(self, task: Task, sample: int, bench: Bench) -> Line:
        seen = Seen()
        try:
            result = await self._made(task, sample, seen)
        except _HOPELESS:
            raise
        except MakeryError as error:  # no run came about: the requirement is not usable
            graded = Grade.nothing_ran(task, "stopped", str(error))
            return line_of(self.plan, Measured(task, sample, graded, seen, error=error))
        if isinstance(result.error, _STOPPING):
            raise result.error
        program = _program(result)
        graded = await _graded(task, program, bench)
        return line_of(self.plan, Measured(task, sample, graded, seen, result, result.error, program))

    async def _made(self, task: Task, sample: int, seen: Seen) -> RunResult:
        """The run, in a folder of its own."""
        plan, chosen = self.plan, self.plan.configuration
        folder = folder_for(plan, task, sample)
        common = {
            "requirement": task.requirement,
            "model": plan.model,
            "mode": own_mode(chosen.mode),
            "seed": chosen.seed + sample,
            "max_minutes": chosen.max_minutes,
            "max_tokens": chosen.max_tokens,
            "max_usd": chosen.max_usd,
            "max_calls": chosen.max_calls,
            "yes": True,
            "allow_unknown_price": plan.any_price,
            "unsafe_local": plan.unsafe_local,
        }
        order = (
            ChangeOptions.model_validate({**common, "repo": folder})
            if task.seed
            else BuildOptions.model_validate({**common, "out": folder})
        )
        factory = team_for(self.factory, chosen.mode, chosen.candidates)
        return await (await factory.start(order, seen)).wait()


async def _graded(task: Task, program: Mapping[str, str], bench: Bench) -> Grade:
    try:
        return await grade(task, program, bench)
    except SandboxUnavailable:
        raise
    except EnvironmentFailure as error:  # a package of the tests' own cannot be had: nothing is known
        return Grade(passed=0, total=0, base_passed=0, base_total=0, trouble=f"not run: {error}")


def _is_final(line: Line) -> bool:
    """Whether doing it again would measure nothing new: an endpoint's failure says nothing about us."""
    return line.error not in {kind.__name__ for kind in _subclasses(ProviderError)}


def _subclasses(kind: type) -> Iterator[type]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)


def _program(result: RunResult) -> dict[str, str]:
    return {path: (result.workspace / path).read_text(encoding="utf-8") for path in result.files}


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
