"""Tools whose finished calls are kept."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from makery.durable.steps import Steps
from makery.kernel.completion import UNNAMED, Purpose
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
        self._repetitions: Counter[tuple[str, str]] = Counter()

    def offered(self, names: Sequence[str], /) -> tuple[ToolSpec, ...]:
        """As the tools within say."""
        return self._inner.offered(names)

    def find(self, need: str, names: Sequence[str], /, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """As the tools within say."""
        return self._inner.find(need, names, most=most)

    async def call(
        self, call: ToolCall, names: Sequence[str], /, *, purpose: Purpose = UNNAMED
    ) -> ToolOutcome:
        """The call's outcome. What is asked within it is asked in its own name: `ACT/STEP`.

        Raises:
            MakeryError: what stops a whole run; nothing is kept then.
        """
        step = self._step(call, purpose.act)
        mine = purpose.model_copy(update={"act": f"{purpose.act}/{step}" if purpose.act else ""})

        async def work() -> str:
            return (await self._inner.call(call, names, purpose=mine)).model_dump_json()

        kept = await self._steps.once(step, work)
        return ToolOutcome.model_validate_json(kept.text).model_copy(update={"call": call.id})

    def _step(self, call: ToolCall, act: str) -> str:
        """Under what the call is kept within its act; the next equal one is another step."""
        wanted = _wanted(call)
        self._repetitions[act, wanted] += 1
        return f"tool-{wanted}-{self._repetitions[act, wanted]}"


def _wanted(call: ToolCall) -> str:
    """32 hex digits that say what is to be done; a provider's id of the call is no part of that."""
    content = json.dumps([call.tool, call.arguments], sort_keys=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:32]
