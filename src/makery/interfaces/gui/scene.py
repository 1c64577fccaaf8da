"""A run as a picture: who works, which checks hold, what was used. Folded from its events, one by one."""

from dataclasses import dataclass, field
from typing import Any

from makery.app.meter import Meter, Tally
from makery.app.usual import Usual
from makery.kernel.budget import Limits
from makery.kernel.events import (
    ActFailed,
    ActStarted,
    Entry,
    Event,
    MessagePublished,
    ModelCalled,
    PersonAsked,
    RunEnded,
    RunStarted,
    StepAccepted,
)
from makery.teams.gates import ASK

_ROLES = ("product_manager", "architect", "project_manager", "qa_engineer", "engineer")
"""The company's order of work; others follow in the order in which they wake."""


@dataclass
class Worker:
    """A role in the picture."""

    name: str
    acts: dict[str, str] = field(default_factory=dict[str, str])
    """What it is at, by act."""
    done: int = 0
    failed: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass
class Checkmark:
    """A check in the picture."""

    id: str
    clauses: tuple[str, ...] = ()
    state: str = "waiting"
    """`waiting`, `passed`, `failed`, `error`, `timeout`, `dropped`."""
    message: str = ""


class Scene:
    """Takes a run's entries in their order.

    Args:
        limits: what the run may use.
        usual: how long others like it took.
    """

    def __init__(self, limits: Limits, *, usual: Usual | None = None) -> None:
        self.limits = limits
        self.usual = usual
        self.workers: dict[str, Worker] = {}
        self.checks: dict[str, Checkmark] = {}
        self.meter = Meter()
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.begun = 0.0
        """When the sitting under way began, Unix time; 0 if none is."""
        self.seconds = 0.0
        """Of earlier sittings."""
        self.steps = 0
        self.commits = 0
        self.asking: dict[str, str] = {}
        """Gates and seats at which the run waits for a person, by act."""
        self.tasks: dict[str, bool] = {}
        """Tasks of an agent, and whether they are still open."""
        self.verdict: dict[str, Any] | None = None
        self._skills: dict[str, tuple[str, str]] = {}

    def take(self, entry: Entry) -> None:
        """Add one entry."""
        self.meter(entry.event)
        match entry.event:
            case RunStarted():
                self.leave()
                self.started, self.ended, self.begun = entry.event, None, entry.at
            case ActStarted():
                self._begin(entry.event)
            case MessagePublished() if entry.event.act:
                self._publish(entry.event)
            case PersonAsked():
                self.asking[entry.event.act] = entry.event.role
            case ActFailed():
                self.asking.pop(entry.event.act, None)
                worker = self._worker(entry.event.role)
                worker.acts.pop(entry.event.act, None)
                worker.failed += 1
            case ModelCalled():
                worker = self._worker(entry.event.purpose.role)
                worker.tally = worker.tally.plus(entry.event)
            case StepAccepted():
                self.commits += 1
            case RunEnded():
                self._end(entry.event)
            case _:
                self._answer(entry.event)

    def leave(self) -> None:
        """Nobody works on the run any more: it ended, or its process died."""
        self.begun = 0.0
        for worker in self.workers.values():
            worker.acts.clear()

    @property
    def spent(self) -> dict[str, tuple[float, float | None]]:
        """Used and allowed: tokens, US dollars, calls."""
        total, limits = self.meter.total, self.limits
        return {
            "tokens": (total.usage.total, limits.tokens),
            "usd": (total.usd, limits.usd),
            "calls": (total.calls, limits.calls),
        }

    @property
    def in_order(self) -> list[Worker]:
        """The workers, in the company's order."""
        known = [self.workers[name] for name in _ROLES if name in self.workers]
        return [*known, *(worker for name, worker in self.workers.items() if name not in _ROLES)]

    def _worker(self, name: str) -> Worker:
        return self.workers.setdefault(name, Worker(name))

    def _begin(self, event: ActStarted) -> None:
        self._skills[event.act] = (event.role, event.skill)
        if event.skill == ASK:
            self.asking[event.act] = event.label
        else:
            self._worker(event.role).acts[event.act] = event.label or event.skill

    def _publish(self, event: MessagePublished) -> None:
        self.steps += 1
        self.asking = {act: who for act, who in self.asking.items() if act.partition("/")[0] != event.act}
        sender = str(event.message.get("sender", ""))
        role, skill = self._skills.get(event.act, (sender, ""))
        if role and skill != ASK:
            worker = self._worker(role)
            worker.acts.pop(event.act, None)
            worker.done += 1
        self._look_at(event.message["artifact"])

    def _answer(self, event: Event) -> None:
        if event.type == "answered":
            self.asking.pop(event.act, None)

    def _end(self, event: RunEnded) -> None:
        self.leave()
        self.ended = event
        self.seconds += event.seconds

    def _look_at(self, artifact: dict[str, Any]) -> None:
        data = artifact["data"]
        match artifact["kind"]:
            case "TestSuite":
                for check in data["checks"]:
                    self.checks.setdefault(check["id"], Checkmark(check["id"], tuple(check["clauses"])))
            case "TestReport":
                for result in data["results"]:
                    mark = self.checks.setdefault(result["check"], Checkmark(result["check"]))
                    mark.state, mark.message = result["outcome"], result.get("message", "")
            case "Ruling" if not data["upheld"] and not data.get("line"):
                self.checks.setdefault(data["check"], Checkmark(data["check"])).state = "dropped"
            case "Agenda":
                self.tasks = {**dict.fromkeys(self.tasks, False), **dict.fromkeys(data["tasks"], True)}
            case "Ending":
                self.tasks = dict.fromkeys(self.tasks, False) if data["outcome"] == "done" else self.tasks
            case "Verdict":
                self.verdict = data
                self._leave_out(data)
            case _:
                pass

    def _leave_out(self, verdict: dict[str, Any]) -> None:
        """Checks that the verdict does not count were ruled out, as a whole or down to nothing."""
        lists = ("checks", "failed", "weak")
        counted = {check for proof in verdict["proofs"] for name in lists for check in proof[name]}
        for mark in self.checks.values():
            if counted and mark.id not in counted:
                mark.state = "dropped"
