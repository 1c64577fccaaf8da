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
from pathlib import Path
from tempfile import TemporaryDirectory

from scripted_parts import MODEL, ScriptedParts
from standin_provider import answer
from talk import talk

from makery import Factory
from makery.app.handle import RunHandle
from makery.app.settings import Settings


def resident_kib() -> int:
    """What the process takes of the machine's memory."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


class Bench:
    """Begins runs and waits for them, in a home of its own; the model answers once the gate is open."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        settings = Settings(home=folder, cache=False)
        self._factory = Factory(settings, parts=ScriptedParts(settings, self._say))
        self._turns, self._latency = given.turns, given.latency
        self.gate, self._arrived = asyncio.Event(), asyncio.Event()
        self._waiting = 0
        """Calls that reached the model."""

    async def _say(self, prompt: str) -> str:
        """An answer by rule, after the latency."""
        self._waiting += 1
        self._arrived.set()
        await self.gate.wait()
        await asyncio.sleep(self._latency)
        return answer({"messages": [{"role": "user", "content": prompt}]})

    async def begin(self, number: int) -> RunHandle:
        """Start a conversation."""
        return await self._factory.start(talk(MODEL, self._turns, number))

    async def until_asked(self, runs: int) -> None:
        """Wait until so many runs wait for the model."""
        while self._waiting < runs:
            await self._arrived.wait()
            self._arrived.clear()


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
    bench.gate.set()
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
    bench.gate.set()
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
