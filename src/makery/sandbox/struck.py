"""A command that somebody killed has no result: a kernel short of memory did it, or an administrator."""

import signal
from collections.abc import Callable

from makery.kernel.errors import SandboxUnavailable
from makery.kernel.ports import CommandResult


class Struck(SandboxUnavailable):
    """A sandbox was ended from outside, so that what its command would have done is not known."""


def unless_struck(attempt: Callable[[], CommandResult]) -> CommandResult:
    """Give the command's own result: what was killed for no limit of ours is run once more.

    Its own SIGKILL and a stranger's look alike; a command that kills itself does so again.

    Raises:
        Struck: the sandbox was ended from outside a second time.
    """
    try:
        result = attempt()
    except Struck:
        return attempt()
    killed = result.exit_status == -signal.SIGKILL and not result.exceeded
    return attempt() if killed else result
