"""Many runs at once in one process: memory of one that waits, acts a second, CPU, time outside the model.

Usage: python benchmarks/waiting.py [--runs N] [--turns N] [--latency S] [--record]

The runs are conversations on a model in this process that sleeps for the latency. First all of them wait for
their first answer: what they take is the growth of the process's resident memory. Then answers come, and acts
are counted until all have ended. At last one run alone: what its time exceeds that of its model calls is
the time outside the model.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from standin_provider import answer
from talk import talk

from makery import Factory
from makery.app.build import Installed
from makery.app.handle import RunHandle
from makery.app.parts import Order
from makery.app.settings import Settings
from makery.durable.calls import CallTap, DurableModels
from makery.kernel.budget import Budget
from makery.kernel.completion import Completion, ModelCall, Usage
from makery.kernel.events import ModelCalled
from makery.kernel.ports import EventSink, Workspace
from makery.kernel.skill import Toolbox
from makery.testing import toolbox

MODEL = "stand-in@http://127.0.0.1:9/v1"


class Sleeper:
    """A model that answers by rule after the latency, once the gate is open."""

    candidates = 1

    def __init__(self, parts: "Parts", tap: CallTap) -> None:
        self._parts, self._tap = parts, tap

    async def complete(self, call: ModelCall, /) -> Completion:
        """Tells of the call as the gateway does."""
        self._parts.waiting += 1
        self._parts.arrived.set()
        await self._parts.gate.wait()
        await asyncio.sleep(self._parts.latency)
        messages = [{"role": "user", "content": f"{call.prompt.system}\n{call.prompt.user}"}]
        usage = Usage(prompt_tokens=100, completion_tokens=20)
        self._tap(
            ModelCalled(
                purpose=call.purpose,
                model="stand-in",
                template=call.prompt.template,
                version=call.prompt.version,
                usage=usage,
                usd=0.0,
                seconds=self._parts.latency,
                finish="stop",
                attempts=1,
                source="model",
                digest="0" * 64,
            )
        )
        text = answer({"messages": messages})
        return Completion(
            text=text, finish="stop", model="stand-in", usage=usage, seconds=self._parts.latency
        )


class Parts(Installed):
    """The installed parts, with `Sleeper` for a model."""

    def __init__(self, settings: Settings, latency: float) -> None:
        super().__init__(settings, {})
        self.gate, self.arrived = asyncio.Event(), asyncio.Event()
        self.waiting = 0
        """Calls that reached the model."""
        self.latency = latency

    def model_ready(self, name: str) -> str:
        """It always is."""
        return name

    @asynccontextmanager
    async def workbench(  # type: ignore[override]
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AsyncIterator[Toolbox]:
        """Durable model calls, and stand-ins for what a conversation does not use."""
        tap = CallTap(emit)
        models = DurableModels(
            Sleeper(self, tap),
            order.steps,
            tap,
            budget,
            counted=lambda _: False,
            settled=lambda _: None,
        )
        yield toolbox(models, workspace=workspace)


def resident_kib() -> int:
    """What the process takes of the machine's memory."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


class Bench:
    """Begins runs and waits for them, in a home of its own."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        settings = Settings(home=folder, cache=False)
        self.parts = Parts(settings, given.latency)
        self._factory = Factory(settings, parts=self.parts)
        self._turns = given.turns

    async def begin(self, number: int) -> RunHandle:
        """Start a conversation."""
        return await self._factory.start(talk(MODEL, self._turns, number))

    async def until_asked(self, runs: int) -> None:
        """Wait until so many runs wait for the model."""
        while self.parts.waiting < runs:
            await self.parts.arrived.wait()
            self.parts.arrived.clear()


async def many(folder: Path, given: argparse.Namespace) -> tuple[float, float, float]:
    """KiB of a waiting run, acts a second, CPU seconds of an act."""
    bench = Bench(folder, given)
    warm = await bench.begin(0)
    await bench.until_asked(1)
    before = resident_kib()
    handles = [await bench.begin(number) for number in range(1, given.runs + 1)]
    await bench.until_asked(given.runs + 1)
    kib = (resident_kib() - before) / given.runs
    started, cpu = time.monotonic(), time.process_time()
    bench.parts.gate.set()
    results = [await handle.wait() for handle in (warm, *handles)]
    seconds, used = time.monotonic() - started, time.process_time() - cpu
    bad = [result.message for result in results if result.used.calls != given.turns]
    if bad:
        raise SystemExit(f"{len(bad)} runs did not end as they should: {bad[0]}")
    acts = (given.runs + 1) * given.turns
    return kib, acts / seconds, used / acts


async def alone(folder: Path, given: argparse.Namespace) -> float:
    """The time of one run outside its model calls, as a share of that inside, in percent."""
    bench = Bench(folder, given)
    bench.parts.gate.set()
    await (await bench.begin(0)).wait()  # the first run of a process loads what all need
    started = time.monotonic()
    await (await bench.begin(1)).wait()
    inside = given.turns * given.latency
    return 100 * (time.monotonic() - started - inside) / inside


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=10, help="model calls of one conversation")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of one model call")
    parser.add_argument("--record", action="store_true", help="keep the numbers in summary.json")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="makery-waiting-") as name:
        percent = asyncio.run(alone(Path(name), given))
    print(f"one run alone: {percent:.2f} % outside the model", flush=True)
    with TemporaryDirectory(prefix="makery-waiting-") as name:
        kib, rate, cpu = asyncio.run(many(Path(name), given))
    print(f"{given.runs} runs: {kib:.0f} KiB each while waiting; {rate:.1f} acts/s, {1000 * cpu:.1f} ms CPU")
    if given.record:
        from record import record

        options = f"--runs {given.runs} --turns {given.turns} --latency {given.latency:g}"
        command = f"python benchmarks/waiting.py {options}"
        record("overhead.percent", round(percent, 2), "% of the model's time", n=given.turns, command=command)
        record("memory.per_waiting_run_kib", round(kib), "KiB", n=given.runs, command=command)
        record("acts.per_second", round(rate, 1), "acts/s in one process", n=given.runs, command=command)
        record("acts.cpu_milliseconds", round(1000 * cpu, 1), "ms of CPU", n=given.runs, command=command)


if __name__ == "__main__":
    main()
