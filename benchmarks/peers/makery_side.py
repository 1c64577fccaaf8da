"""The conversation on Makery, its durable engine on SQLite; see `benchmarks/peers.py`.

A run that was killed is continued by `Factory.resume`. The variant is of no use here.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from scripted import WARM_TURNS, Meter, Order, Scripted

from makery import Factory
from makery.app import parts
from makery.app.build import Installed
from makery.app.options import ResumeOptions
from makery.app.settings import Settings
from makery.durable.calls import CallTap, DurableModels
from makery.kernel.budget import Budget
from makery.kernel.completion import Completion, ModelCall, Usage
from makery.kernel.events import ModelCalled
from makery.kernel.ports import EventSink, Workspace
from makery.kernel.skill import Toolbox
from makery.testing import toolbox

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

MODEL = "stand-in@http://127.0.0.1:9/v1"
USAGE = Usage(prompt_tokens=100, completion_tokens=20)


class Models:
    """Makery's port for models, on the scripted one; tells of the call as the gateway does."""

    candidates = 1

    def __init__(self, model: Scripted, tap: CallTap) -> None:
        self._model, self._tap = model, tap

    async def complete(self, call: ModelCall, /) -> Completion:
        """One answer."""
        text = await self._model.say(f"{call.prompt.system}\n{call.prompt.user}")
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


class Parts(Installed):
    """The installed parts, with the scripted model."""

    def __init__(self, settings: Settings, model: Scripted) -> None:
        super().__init__(settings, {})
        self.model = model

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
            Models(self.model, tap),
            order.steps,
            tap,
            budget,
            counted=lambda _: False,
            settled=lambda _: None,
        )
        yield toolbox(models, workspace=workspace)


async def main() -> None:
    """Do what is ordered."""
    from talk import talk

    order = Order.read()
    settings = Settings(home=order.folder, cache=False)
    installed = Parts(settings, Scripted(order.folder / "warm.log", 0.0))
    factory = Factory(settings, parts=installed)
    unfinished = [record.id for record in factory.runs() if record.status != "ended"]
    await (await factory.start(talk(MODEL, WARM_TURNS, 0))).wait()
    model = installed.model = Scripted(order.folder / "calls.log", order.latency, order.kill_at)
    meter = Meter()
    if unfinished:
        handle = await factory.resume(ResumeOptions(run=unfinished[0]))
    else:
        handle = await factory.start(talk(MODEL, order.turns, 7))
    result = await handle.wait()
    meter.tell(order, model)
    if result.error is not None:
        raise SystemExit(result.message)


if __name__ == "__main__":
    asyncio.run(main())
