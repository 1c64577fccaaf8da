"""Protocols written as generators: `message = yield act` waits for an act, `yield [acts]` for several.

A conversation is a sequence of steps, each of which needs what came before. Written as a generator it
reads like one, and `yield from` nests one conversation in another. The generator gets its answers from
the pool, so that the protocol stays a pure function of it: on a new pool it is run anew, on one that grew it
goes on from where it waited, for telling it from the beginning at each turn costs the square of its length.
(The idea of replayed workflows in durable-execution engines, as in `teams/plan.py`.)
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from makery.kernel.act import Act
from makery.kernel.message import Message, derived_id
from makery.kernel.pool import Pool

R = TypeVar("R")
Steps = Generator[Act | Sequence[Act], Any, R]
"""Yields an act and is sent its message, or yields acts and is sent their messages in the same order."""


@dataclass(frozen=True)
class Program:
    """The `Protocol` port for a generator function of the pool; finished when the generator returns.

    The function must depend on the pool's opening messages and on what it is sent, on nothing else.
    """

    steps: Callable[[Pool], Steps[Any]]
    _courses: WeakKeyDictionary[Pool, "_Course"] = field(
        default_factory=lambda: WeakKeyDictionary[Pool, _Course](), repr=False, compare=False
    )

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """The acts that the generator waits for."""
        return self._waiting(pool) or ()

    def finished(self, pool: Pool) -> bool:
        """Whether the generator ran to its end."""
        return self._waiting(pool) is None

    def _waiting(self, pool: Pool) -> tuple[Act, ...] | None:
        # Taken out while it runs: one that raises is not asked again, for a generator is over then.
        course = self._courses.pop(pool, None) or _Course(self.steps(pool))
        waiting = course.go_on(pool)
        self._courses[pool] = course
        return waiting


def together(branches: Sequence[Steps[R]]) -> Steps[list[R]]:
    """Run several programs side by side, step by step; what each returns, in their order."""
    ended: dict[int, R] = {}
    waiting: dict[int, Act | Sequence[Act]] = {}

    def send(number: int, answer: Message | list[Message] | None) -> None:
        waiting.pop(number, None)
        try:
            waiting[number] = branches[number].send(answer)
        except StopIteration as end:
            ended[number] = end.value

    for number in range(len(branches)):
        send(number, None)
    while waiting:
        asked = dict(waiting)
        acts = [act for wanted in asked.values() for act in _acts(wanted)]
        answers = iter((yield acts))
        for number, wanted in asked.items():
            found = [next(answers) for _ in _acts(wanted)]
            send(number, found[0] if isinstance(wanted, Act) else found)
    return [ended[number] for number in range(len(branches))]


def _acts(wanted: Act | Sequence[Act]) -> tuple[Act, ...]:
    return (wanted,) if isinstance(wanted, Act) else tuple(wanted)


class _Course:
    """A generator on its way through a pool that only ever grows."""

    def __init__(self, steps: Steps[Any]) -> None:
        self._steps = steps
        self._begun = False
        self._wanted: Act | Sequence[Act] | None = None
        """What it waits for; None once it came to its end."""

    def go_on(self, pool: Pool) -> tuple[Act, ...] | None:
        """The acts without which it cannot go on; None if it came to its end."""
        if not self._begun:
            self._begun = True
            self._send(None)
        while self._wanted is not None:
            acts = _acts(self._wanted)
            missing = tuple(act for act in acts if message_id(act) not in pool)
            if missing:
                return missing
            found = [pool[message_id(act)] for act in acts]
            self._send(found[0] if isinstance(self._wanted, Act) else found)
        return None

    def _send(self, answer: Message | list[Message] | None) -> None:
        try:
            self._wanted = self._steps.send(answer)
        except StopIteration:
            self._wanted = None


def message_id(act: Act) -> str:
    """The id of the one message that an act publishes."""
    return derived_id("message", act.id)
