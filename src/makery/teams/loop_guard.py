"""Notices that a conversation goes in circles, has the strategy changed once, and then ends it with a report.

A pure function of what was said. Four kinds of circles: the same action again and again, the same error,
the same text (also two texts in turn), and actions that bring nothing new.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from makery.kernel.artifact import Artifact
from makery.kernel.dialogue import Executed, ToolResults, Utterance
from makery.teams.notes import note

ALIKE = 0.94
"""Share of two texts that is the same, from which on they count as the same."""
_COMPARED = 2000
"""Characters of a text that are compared."""


@dataclass(frozen=True)
class Judgement:
    """Whether to go on, to go on differently, or to end."""

    state: Literal["fine", "change", "end"]
    report: str = ""
    """What goes in circles, in a sentence."""

    @property
    def hint(self) -> str:
        """What the next one to act is told: '' unless a change is due."""
        return note("change_strategy") if self.state == "change" else ""


@dataclass(frozen=True)
class LoopGuard:
    """How many repetitions are too many."""

    actions: int = 3
    """The same tool with the same arguments, or the same code."""
    errors: int = 3
    """The same error."""
    texts: int = 3
    """The same text by the same speaker."""
    idle: int = 6
    """Actions in a row of which none gave anything new."""

    def judge(self, said: Sequence[Artifact]) -> Judgement:
        """What is to be done after the last of these. A first circle asks for a change, a second ends it."""
        return Watch(self).judge(said)

    def trouble(self, said: Sequence[Artifact]) -> str:
        return (
            self._repeated_action(said)
            or self._repeated_error(said)
            or self._repeated_text(said)
            or self._no_progress(said)
        )

    def _repeated_action(self, said: Sequence[Artifact]) -> str:
        actions = [action for artifact in said for action in _actions(artifact)]
        times = actions.count(actions[-1]) if actions else 0
        return f"the action {actions[-1][:120]} was taken {times} times" if times >= self.actions else ""

    def _repeated_error(self, said: Sequence[Artifact]) -> str:
        errors = [error for artifact in said for error in _errors(artifact)]
        times = errors.count(errors[-1]) if errors else 0
        return f"the same error came {times} times: {errors[-1][:160]}" if times >= self.errors else ""

    def _repeated_text(self, said: Sequence[Artifact]) -> str:
        turns = [
            turn for turn in said if isinstance(turn, Utterance) and turn.text.strip() and not turn.calls
        ]
        if not turns or turns[-1] is not said[-1]:
            return ""
        last = turns[-1]
        times = sum(alike(turn.text, last.text) for turn in turns if turn.speaker == last.speaker)
        return f"{last.speaker} said the same {times} times" if times >= self.texts else ""

    def _no_progress(self, said: Sequence[Artifact]) -> str:
        seen: set[str] = set()
        idle = 0
        for result in (text for artifact in said for text in _results(artifact)):
            idle = idle + 1 if result in seen or not result else 0
            seen.add(result)
        return f"{idle} actions in a row brought nothing new" if idle >= self.idle else ""


@dataclass
class Watch:
    """A guard beside one conversation: looks at each part of it once, however often it is asked."""

    guard: LoopGuard
    _seen: int = 0
    _since: int = 0
    _changed: str = ""
    _ended: str = ""

    def judge(self, said: Sequence[Artifact]) -> Judgement:
        """As `LoopGuard.judge`, for a conversation that only grew since the last time."""
        while self._seen < len(said) and not self._ended:
            self._seen += 1
            self._look(self.guard.trouble(said[self._since : self._seen]))
        if self._ended:
            return Judgement("end", self._ended)
        return Judgement("change", self._changed) if self._changed else Judgement("fine")

    def _look(self, trouble: str) -> None:
        if trouble and self._changed:
            self._ended = f"First {self._changed}; then, after a change of strategy, {trouble}."
        elif trouble:
            self._since, self._changed = self._seen, trouble


@lru_cache(maxsize=4096)
def alike(one: str, other: str) -> bool:
    """Whether two texts say the same but for little."""
    first, second = _normal(one), _normal(other)
    if first == second:
        return True
    match = SequenceMatcher(None, first, second, autojunk=False)
    return match.quick_ratio() >= ALIKE and match.ratio() >= ALIKE


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())[:_COMPARED]


def _actions(artifact: Artifact) -> list[str]:
    if not isinstance(artifact, Utterance):
        return []
    calls = [f"{call.tool}({json.dumps(call.arguments, sort_keys=True)})" for call in artifact.calls]
    return calls or (["code " + _normal(artifact.text)] if "```" in artifact.text else [])


def _errors(artifact: Artifact) -> list[str]:
    if isinstance(artifact, ToolResults):
        return [f"{o.tool}: {_without_numbers(o.text)}" for o in artifact.outcomes if o.failed]
    failed = isinstance(artifact, Executed) and artifact.failed
    return [_without_numbers(artifact.output[-300:])] if failed else []  # type: ignore[attr-defined]


def _without_numbers(text: str) -> str:
    """Line numbers, times and addresses differ from try to try."""
    return re.sub(r"0x[0-9a-f]+|\d+", "#", _normal(text))


def _results(artifact: Artifact) -> list[str]:
    if isinstance(artifact, ToolResults):
        return ["" if o.failed else f"{o.tool} {o.text}" for o in artifact.outcomes]
    return ["" if artifact.failed else artifact.output] if isinstance(artifact, Executed) else []
