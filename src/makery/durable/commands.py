"""A sandbox whose finished commands are kept."""

import base64
import hashlib
import json

from makery.durable.steps import Steps
from makery.kernel.ports import Command, CommandResult, Sandbox


class DurableSandbox:
    """The kernel's `Sandbox` port: a command that ended before gives its result and runs no more."""

    def __init__(self, inner: Sandbox, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    @property
    def name(self) -> str:
        """The name of the sandbox within."""
        return self._inner.name

    async def run(self, command: Command, /) -> CommandResult:
        """The command's result.

        Raises:
            SandboxUnavailable: it cannot be set up on this machine.
        """
        wanted = hashlib.sha256(command.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()

        async def work() -> str:
            return _written(await self._inner.run(command))

        return _read((await self._steps.once(f"command-{wanted[:32]}", work, repeatable=True)).text)


def _written(result: CommandResult) -> str:
    fields = result.model_dump(exclude={"collected"})
    collected = [[path, base64.b64encode(data).decode("ascii")] for path, data in result.collected]
    return json.dumps({**fields, "collected": collected})


def _read(text: str) -> CommandResult:
    fields = json.loads(text)
    collected = tuple((path, base64.b64decode(data)) for path, data in fields.pop("collected"))
    return CommandResult.model_validate({**fields, "collected": collected})
