"""Where a run stands, folded from its events: what every view shows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from makery.app.meter import Meter
from makery.kernel.documents import Requirement, TestReport, TestSuite
from makery.kernel.events import (
    ActFailed,
    ActStarted,
    CommandRun,
    Event,
    MessagePublished,
    RunStarted,
    StepAccepted,
    TextStreamed,
)
from makery.kernel.message import Message

TAIL = 2000
"""Characters of streamed text that are kept for showing."""


@dataclass(frozen=True)
class Work:
    """A role at work on something."""

    role: str
    skill: str
    label: str
    since: float

    @property
    def about(self) -> str:
        """What the act is about."""
        return self.label or self.skill


@dataclass
class Progress:
    """The state of a run."""

    clock: Callable[[], float] = time.monotonic
    run: str = ""
    mode: str = ""
    model: str = ""
    out: str = ""
    working: dict[str, Work] = field(default_factory=dict[str, Work])
    """By act."""
    meter: Meter = field(default_factory=Meter)
    clauses: int = 0
    """Clauses that state behaviour."""
    checked: set[str] = field(default_factory=set[str])
    """Clauses with a check that passed on the program tried last."""
    commands: int = 0
    steps: list[str] = field(default_factory=list[str])
    """Summaries of accepted steps."""
    streamed: str = ""
    writer: str = ""
    """Who wrote the streamed text."""
    _clauses_of: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _began: float | None = None

    @property
    def seconds(self) -> float:
        """Of this sitting."""
        return 0.0 if self._began is None else self.clock() - self._began

    def take(self, event: Event) -> None:
        """Fold one event in."""
        self.meter(event)
        match event:
            case RunStarted():
                self._began = self.clock()
                self.run, self.mode, self.model, self.out = event.run, event.mode, event.model, event.out
            case ActStarted():
                self.working[event.act] = Work(event.role, event.skill, event.label, self.clock())
            case MessagePublished():
                self.working.pop(event.act, None)
                self._learn(event.message)
            case ActFailed():
                self.working.pop(event.act, None)
            case CommandRun():
                self.commands += 1
            case StepAccepted():
                self.steps.append(event.summary)
            case TextStreamed():
                self._hear(event)
            case _:
                pass

    def _learn(self, record: dict[str, Any]) -> None:
        artifact = Message.model_validate(record).artifact
        match artifact:
            case Requirement():
                self.clauses = len(artifact.behaviour)
            case TestSuite():
                self._clauses_of.update({check.id: check.clauses for check in artifact.checks})
            case TestReport():
                passed = (self._clauses_of.get(check, ()) for check in artifact.passed)
                self.checked = {clause for clauses in passed for clause in clauses}
            case _:
                pass

    def _hear(self, event: TextStreamed) -> None:
        writer = f"{event.purpose.role}: {event.purpose.skill}"
        if writer != self.writer:
            self.writer, self.streamed = writer, ""
        self.streamed = (self.streamed + event.text)[-TAIL:]
