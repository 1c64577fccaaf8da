"""Protocols written as generators: `message = yield act` waits for an act, `yield [acts]` for several.

A conversation is a sequence of steps, each of which needs what came before. Written as a generator it
reads like one, and `yield from` nests one conversation in another. The generator is run anew on each
fuller pool and gets its answers from there, so that the protocol stays a pure function of the pool.
(The idea of replayed workflows in durable-execution engines, as in `teams/plan.py`.)
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

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

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """The acts that the generator waits for."""
        return _waiting(self.steps(pool), pool) or ()

    def finished(self, pool: Pool) -> bool:
        """Whether the generator ran to its end."""
        return _waiting(self.steps(pool), pool) is None


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


def _waiting(steps: Steps[Any], pool: Pool) -> tuple[Act, ...] | None:
    """The acts without which the generator cannot go on; None if it came to its end."""
    answer: Message | list[Message] | None = None
    try:
        while True:
            wanted = steps.send(answer)
            acts = _acts(wanted)
            missing = tuple(act for act in acts if message_id(act) not in pool)
            if missing:
                steps.close()
                return missing
            found = [pool[message_id(act)] for act in acts]
            answer = found[0] if isinstance(wanted, Act) else found
    except StopIteration:
        return None


def message_id(act: Act) -> str:
    """The id of the one message that an act publishes."""
    return derived_id("message", act.id)
