"""A sandbox that tells the ledger what it ran."""

from makery.kernel.events import CommandRun
from makery.kernel.ports import Command, CommandResult, EventSink, Sandbox


class RecordedSandbox:
    """Any sandbox, with one `CommandRun` event for each command that ended."""

    def __init__(self, inner: Sandbox, emit: EventSink) -> None:
        self._inner = inner
        self._emit = emit

    @property
    def name(self) -> str:
        """The name of the sandbox within."""
        return self._inner.name

    async def run(self, command: Command, /) -> CommandResult:
        """Run one command, then emit how it ended.

        Raises:
            SandboxUnavailable: it cannot be set up on this machine; no event then.
        """
        result = await self._inner.run(command)
        self._emit(
            CommandRun(
                purpose=command.purpose,
                argv=command.argv,
                exit_status=result.exit_status,
                seconds=result.seconds,
                reason=result.exceeded,
            )
        )
        return result
