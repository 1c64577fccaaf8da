"""From a run and its grade to the line that is kept."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from makery.app.result import RunResult
from makery.kernel.errors import MakeryError
from makery.kernel.events import Event, ModelCalled
from makery.lab.grade import FailedTest, Failure, Grade
from makery.lab.line import Line, Tokens
from makery.lab.plan import Plan
from makery.lab.task import Task

MOST_TOLD = 5
_OURS = (".makery/", "README.md")


@dataclass
class Seen:
    """An event sink that counts what a run's result does not tell."""

    from_cache: int = 0
    cut: int = 0

    def __call__(self, event: Event, /) -> None:
        """Count one event."""
        if isinstance(event, ModelCalled):
            self.from_cache += event.source != "model"
            self.cut += event.finish != "stop"


@dataclass(frozen=True)
class Measured:
    """One run of a task; no `result` if it could not even be started."""

    task: Task
    sample: int
    graded: Grade
    seen: Seen
    result: RunResult | None = None
    error: MakeryError | None = None
    program: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> dict[str, str]:
        """The files that the run wrote itself: not our README, not what was there before."""
        seed = dict(self.task.seed)
        items = self.program.items()
        return {path: text for path, text in items if not path.startswith(_OURS) and seed.get(path) != text}

    @property
    def failure(self) -> Failure:
        """Why the task is not solved; '' if it is, or if nobody can tell here."""
        graded = self.graded
        if graded.solved is not False:
            return ""
        if self.error is not None and not self.own:
            return "stopped"
        if self.seen.cut and graded.failure in ("syntax", "missing file", "interface"):
            return "cut off"
        return graded.failure


def line_of(plan: Plan, measured: Measured) -> Line:
    """The line, as complete as the run is."""
    task, graded, own, error = measured.task, measured.graded, measured.own, measured.error
    base = Line(
        configuration=plan.configuration,
        id=task.id,
        sample=measured.sample,
        group=task.group,
        task=task.digest,
        subset=plan.subset,
        makery=plan.provenance.makery,
        commit=plan.provenance.commit,
        prompts=plan.provenance.prompts,
        solved=graded.solved,
        base_solved=graded.base_solved,
        passed=graded.passed,
        total=graded.total,
        from_cache=measured.seen.from_cache,
        cut=measured.seen.cut,
        failure=measured.failure,
        failed=_public(graded.failed),
        error=type(error).__name__ if error else "",
        message=str(error) if error else graded.trouble,
        files=len(own),
        lines=sum(len(text.splitlines()) for text in own.values()),
        at=round(time.time(), 3),
    )
    return _with_run(base, measured.result) if measured.result else base


def _with_run(line: Line, result: RunResult) -> Line:
    """What the run says of itself."""
    used, verdict, mode = result.used, result.verdict, line.configuration.mode
    facts: dict[str, object] = {
        "ran": mode if mode == "best_of_n" else result.mode,
        "run": result.run_id,
        "tokens": Tokens(
            prompt=used.usage.prompt_tokens,
            completion=used.usage.completion_tokens,
            cached=used.usage.cached_tokens,
        ),
        "calls": used.calls,
        "seconds": round(result.seconds, 3),
        "model_seconds": round(used.seconds, 3),
    }
    if verdict:
        facts |= {
            "verdict": verdict.status,
            "clauses": (verdict.clauses_proved, len(verdict.proofs)),
            "checks": (verdict.passed, verdict.failed),
            "mutants": (verdict.caught, verdict.mutants),
        }
    return line.model_copy(update=facts)


def _public(failed: Sequence[FailedTest]) -> tuple[FailedTest, ...]:
    """The first failures, without what a hidden test expects: results may be published."""
    return tuple(
        one.model_copy(update={"message": ""}) if one.failure == "wrong value" else one
        for one in failed[:MOST_TOLD]
    )
