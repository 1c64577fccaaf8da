"""Makery's installed parts with a function for a model, to measure what is around the model."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from makery.app import parts
from makery.app.build import Installed
from makery.app.settings import Settings
from makery.durable.calls import CallTap, DurableModels
from makery.kernel.budget import Budget
from makery.kernel.completion import Completion, ModelCall, Usage
from makery.kernel.events import ModelCalled
from makery.kernel.ports import EventSink, Workspace
from makery.kernel.skill import Toolbox
from makery.testing import toolbox

MODEL = "stand-in@http://127.0.0.1:9/v1"
USAGE = Usage(prompt_tokens=100, completion_tokens=20)

Say = Callable[[str], Awaitable[str]]
"""From a prompt to the answer."""


class ScriptedParts(Installed):
    """The installed parts; `say` may be changed between runs."""

    def __init__(self, settings: Settings, say: Say) -> None:
        super().__init__(settings, {})
        self.say = say

    def model_ready(self, name: str) -> str:
        """It always is."""
        return name

    @asynccontextmanager
    async def workbench(  # type: ignore[override]
        self, order: parts.Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AsyncIterator[Toolbox]:
        """Durable model calls, and stand-ins for what a conversation does not use."""
        tap = CallTap(emit)
        models = DurableModels(
            _Models(self.say, tap),
            order.steps,
            tap,
            budget,
            counted=lambda _: False,
            settled=lambda _: None,
        )
        yield toolbox(models, workspace=workspace)


class _Models:
    """Makery's port for models; tells of the call as the gateway does."""

    candidates = 1
    one_suite = False

    def __init__(self, say: Say, tap: CallTap) -> None:
        self._say, self._tap = say, tap

    async def complete(self, call: ModelCall, /) -> Completion:
        """One answer."""
        text = await self._say(f"{call.prompt.system}\n{call.prompt.user}")
        self._tap(
            ModelCalled(
                purpose=call.purpose,
                model="stand-in",
                template=call.prompt.template,
                version=call.prompt.version,
                usage=USAGE,
                usd=0.0,
                seconds=0.0,
                finish="stop",
                attempts=1,
                source="model",
                digest="0" * 64,
            )
        )
        return Completion(text=text, finish="stop", model="stand-in", usage=USAGE, seconds=0.0)
