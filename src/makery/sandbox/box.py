"""A box that stands: a process that goes on beside us, and what its watcher needs of it."""

import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from makery.kernel.ports import Command
from makery.sandbox.supervise import Exceeded


@dataclass(frozen=True)
class StandingBox:
    """One process in its box, with its pipes open. The stack it was opened on ends it."""

    process: "subprocess.Popen[bytes]"
    work: int
    """An open handle on its working folder."""
    owner: int | None
    """To whom files that are put in belong."""
    exceeded: Callable[[], Exceeded]
    """The limit that is exceeded now, or ''."""
    end: Callable[[], None]
    """Kills all that is in the box."""


@runtime_checkable
class OpensBoxes(Protocol):
    """A sandbox in which a process can stay."""

    @property
    def name(self) -> str: ...

    def stand(self, command: Command, stack: ExitStack) -> StandingBox:
        """Start a command that stays until the stack is closed. Blocks; the thread must outlive the box.

        Raises:
            SandboxUnavailable: it cannot be set up on this machine.
        """
        ...
