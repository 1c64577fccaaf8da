"""Answers kept for a while, so that exactly the same question need not be asked again."""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LARGEST = 1 << 20
"""Bytes; a longer answer is not kept."""


@dataclass(frozen=True)
class Kept:
    """A whole answer."""

    kind: str
    """Its media type: a stream is kept as the events that it had."""
    body: bytes
    until: float


class AnswerCache:
    """Whole answers in this process's memory, by what exactly was asked, and by whom.

    Args:
        seconds: how long an answer is good; 0 keeps none.
        most: bytes in all; the ones that were not asked for longest go first.
        clock: seconds.
    """

    def __init__(self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._answers: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0

    @property
    def on(self) -> bool:
        """Whether anything is kept at all."""
        return self._seconds > 0

    def find(self, key: str) -> Kept | None:
        """The answer under a key, if it is still good."""
        kept = self._answers.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        return kept

    def keep(self, key: str, kind: str, body: bytes) -> None:
        """Keep an answer that came whole."""
        if not self.on or len(body) > min(LARGEST, self._most):
            return
        self._drop(key)
        self._answers[key] = Kept(kind, body, self._clock() + self._seconds)
        self._size += len(body)
        while self._size > self._most:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: str) -> None:
        dropped = self._answers.pop(key, None)
        self._size -= len(dropped.body) if dropped else 0


def key_of(whose: str, operation: str, asked: Mapping[str, Any]) -> str:
    """What two equal questions of the same organisation have in common, however their JSON is written."""
    question = json.dumps(asked, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{whose}\n{operation}\n{question}".encode()).hexdigest()
