"""A run as plain lines, where there is no terminal."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TextIO

from makery.interfaces.cli.progress import Progress
from makery.interfaces.cli.text import duration, usage
from makery.interfaces.cli.view import always_shown
from makery.kernel.documents import TestReport
from makery.kernel.events import (
    ActFailed,
    ActStarted,
    Event,
    MessagePublished,
    ModelRetried,
    RunEnded,
    RunStarted,
    StepAccepted,
    TextStreamed,
)


class PlainView:
    """Writes a line for each event that matters to somebody who watches.

    Args:
        out: where to.
        stream: also the text of the model as it comes.
        clock: seconds, for the time that stands before each line.
    """

    def __init__(
        self, out: TextIO, *, stream: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out
        self._stream = stream
        self._progress = Progress(clock=clock)

    def shown(self) -> AbstractContextManager[None]:
        """Lines need no screen."""
        return always_shown()

    def __call__(self, event: Event, /) -> None:
        """Write the event's line, if it has one."""
        work = self._progress.working.get(getattr(event, "act", ""))
        self._progress.take(event)
        if isinstance(event, TextStreamed):
            if self._stream:
                self._out.write(event.text)
                self._out.flush()
            return
        line = self._line(event, work.about if work else "")
        if line:
            self._out.write(f"[{duration(self._progress.seconds)}] {line}\n")
            self._out.flush()

    def _line(self, event: Event, about: str) -> str:
        match event:
            case RunStarted():
                verb = "continues" if event.resumed else "begins"
                return f"Run {event.run} {verb}: mode {event.mode}, model {event.model}, in {event.out}"
            case ActStarted(skill="ask"):
                answer = f"makery runs answer {self._progress.run}"
                return f"waits for you: is the {event.label} right? Look and answer with: {answer}"
            case ActStarted():
                return f"{event.role} begins {event.label or event.skill}"
            case MessagePublished() if about:
                return f"done: {about}{self._checks(event)}"
            case ActFailed():
                # Why is told once, at the end: the error ends the run, perhaps in several acts at once.
                return f"{event.role} failed at {about or event.skill}"
            case ModelRetried():
                return f"{event.purpose.role} asks again ({event.reason}; {event.change})"
            case StepAccepted():
                return f"accepted: {event.summary} ({event.commit[:8]})"
            case RunEnded():
                return f"Run {event.run} ends: {usage(self._progress.meter.total)}"
            case _:
                return ""

    def _checks(self, event: MessagePublished) -> str:
        if event.message["artifact"]["kind"] != TestReport.kind() or not self._progress.clauses:
            return ""  # of a run that goes on, the clauses were told of in an earlier sitting
        return f", {len(self._progress.checked)} of {self._progress.clauses} clauses checked"
