"""The conversation on Makery, its durable engine on SQLite; see `benchmarks/peers.py`.

A run that was killed is continued by `Factory.resume`. The variant is of no use here.
"""

import asyncio
import sys
from pathlib import Path

from scripted import WARM_TURNS, Meter, Order, Scripted

from makery import Factory
from makery.app.options import ResumeOptions
from makery.app.settings import Settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


async def main() -> None:
    """Do what is ordered."""
    from scripted_parts import MODEL, ScriptedParts
    from talk import talk

    order = Order.read()
    settings = Settings(home=order.folder, cache=False)
    installed = ScriptedParts(settings, Scripted(order.folder / "warm.log", 0.0).say)
    factory = Factory(settings, parts=installed)
    unfinished = [record.id for record in factory.runs() if record.status != "ended"]
    await (await factory.start(talk(MODEL, WARM_TURNS, 0))).wait()
    model = Scripted(order.folder / "calls.log", order.latency, order.kill_at)
    installed.say = model.say
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
