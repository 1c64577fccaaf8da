"""Tools whose finished calls are kept."""

import hashlib
import json
from collections.abc import Sequence

from makery.durable.steps import Steps
from makery.kernel.ports import Toolset
from makery.kernel.tool import ToolCall, ToolOutcome, ToolSpec


class DurableToolset:
    """The kernel's `Toolset` port: a call that ended before gives its outcome and does nothing more.

    Equal calls of one act are different calls: what a tool does may change what it does next.

    Args:
        inner: does the calls.
        steps: where finished ones are kept.
    """

    def __init__(self, inner: Toolset, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def offered(self, names: Sequence[str], /) -> tuple[ToolSpec, ...]:
        """As the tools within say."""
        return self._inner.offered(names)

    def find(self, need: str, names: Sequence[str], /, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """As the tools within say."""
        return self._inner.find(need, names, most=most)

    async def call(self, call: ToolCall, names: Sequence[str], /) -> ToolOutcome:
        """The call's outcome.

        Raises:
            MakeryError: what stops a whole run; nothing is kept then.
        """

        async def work() -> str:
            return (await self._inner.call(call, names)).model_dump_json()

        kept = await self._steps.once(f"tool-{_wanted(call)}", work, repeatable=True)
        return ToolOutcome.model_validate_json(kept.text).model_copy(update={"call": call.id})


def _wanted(call: ToolCall) -> str:
    """32 hex digits that say what is to be done; a provider's id of the call is no part of that."""
    content = json.dumps([call.tool, call.arguments], sort_keys=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:32]
