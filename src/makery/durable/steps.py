"""What a finished step is: a text kept under a key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from makery.kernel.act import Act
from makery.kernel.message import Message
from makery.kernel.ports import Engine, Inbox

Work = Callable[[], Awaitable[str]]
"""Does something in the world and gives its result as text."""


@dataclass(frozen=True)
class Kept:
    """A step's result."""

    text: str
    fresh: bool
    """Whether the work was done now; False if it had ended before."""


class Steps(Protocol):
    """Things inside an act that must not be done twice: model calls and commands."""

    async def once(self, key: str, work: Work, /, *, repeatable: bool = False) -> Kept:
        """The result kept under a key of the act that is under way, else that of the work.

        Args:
            key: says what is asked; equal within an act for what need not be asked again.
            work: does it.
            repeatable: an equal key means the next repetition, not the same step: a check is run twice to
                see whether it ends the same way.

        Raises:
            MakeryError: what the work raises; nothing is kept then.
        """
        ...


class PlainSteps:
    """Keeps nothing: for runs without a durable engine."""

    async def once(self, key: str, work: Work, /, *, repeatable: bool = False) -> Kept:
        """Always does the work. See `Steps`."""
        return Kept(await work(), fresh=True)


class DurableEngine(Engine, Steps, Inbox, Protocol):
    """All that a run wants of durable execution."""

    async def doing(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        """The act's message, made now by this task; steps that are taken meanwhile belong to the act.

        Raises:
            MakeryError: what the work raises.
            ContractViolation: the work made another message than the act's.
        """
        ...

    async def conduct(self, body: Callable[[], Awaitable[None]], /) -> None:
        """Work on the run, unless it ended before; anybody may stop it from another process.

        Raises:
            MakeryError: what the body raises.
            Interrupted: it was stopped from elsewhere.
        """
        ...
