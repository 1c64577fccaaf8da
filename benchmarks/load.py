"""Measures a server with many watchers: how late events come, whether all see all, whether memory grows.

Usage: python benchmarks/load.py [--clients N] [--runs N] [--turns N] [--gap S] [--soak MINUTES] [--record]

    python benchmarks/load.py --soak 60 --record

`makery serve` works in a process of its own on conversations between two roles; their model is scripted and
answers after `--gap` seconds. `--clients` clients follow `--runs` runs as server-sent events. For each event,
its age is the time of its arrival less the time at which it was written to the ledger.

With `--soak`, runs are then ordered and watched one batch after another for so many minutes. The server's
memory is read after each batch; its growth is the slope of a line through the second half of the readings.
"""

import argparse
import asyncio
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from relay import TOKEN, free_port, processor_seconds, running
from standin_provider import providing

from makery.client import Client

TEAM = """\
name: load
protocol: round_robin
roles:
  one: {{goal: Say a word.}}
  two: {{goal: Say another.}}
stop: {{turns: {turns}}}
"""
BATCH = 5
"""Runs at a time while memory is watched."""


class Seen(NamedTuple):
    """What one client saw of a run."""

    ages: list[float]
    """Of events that came while it watched, in milliseconds."""
    whole: bool
    """Whether it saw every event once and in order, up to the run's end."""


class Reading(NamedTuple):
    """The server's memory after a batch."""

    minutes: float
    mib: float


def talk(asked: dict[str, Any]) -> str:
    """Give a sentence that was not said before: repeating oneself would end the conversation."""
    return " ".join(secrets.token_hex(4) for _ in range(8))


async def watch(url: str, run: str, *, since: float) -> Seen:
    """Follow a run to its end, and note how old each event is when it arrives."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = (
        f"GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {TOKEN}\r\n\r\n"
    )
    writer.write(head.encode())
    ages: list[float] = []
    numbers: list[int] = []
    kind = ""
    while kind != "run_ended":
        line = await reader.readline()
        if not line:
            break
        if line.startswith(b"data:"):
            now = time.time()
            entry = json.loads(line.removeprefix(b"data:"))
            kind = entry["event"]["type"]
            numbers.append(entry["seq"])
            if entry["at"] > since:
                ages.append(1000 * (now - entry["at"]))
    writer.close()
    in_order = numbers[:1] == [1] and all(later == earlier + 1 for earlier, later in pairwise(numbers))
    return Seen(ages, in_order and kind == "run_ended")


async def watch_all(url: str, runs: Sequence[str], clients: int) -> list[Seen]:
    """Have clients follow runs, evenly shared out."""
    since = time.time()
    return await asyncio.gather(
        *(watch(url, runs[number % len(runs)], since=since) for number in range(clients))
    )


def ordered(api: Client, runs: int) -> list[str]:
    """Begin so many conversations; give their ids."""
    # Each asks something else, so that no answer comes from the cache.
    return [api.run_team("load", f"Talk. {time.monotonic_ns()}").id for _ in range(runs)]


def memory_mib(process: int) -> float:
    """Give the memory that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def slope(readings: Sequence[Reading]) -> float:
    """Give the growth in MiB an hour: of a line through the second half of the readings."""
    later = readings[len(readings) // 2 :]
    if len(later) < 2:
        return 0.0
    line = statistics.linear_regression([one.minutes for one in later], [one.mib for one in later])
    return 60 * line.slope


def soak(url: str, api: Client, process: int, *, minutes: float, batches: int = 0) -> list[Reading]:
    """Order and watch batches of runs for so long, or so many; give the memory after each."""
    begun = time.monotonic()
    readings: list[Reading] = []
    while (passed := (time.monotonic() - begun) / 60) < minutes or len(readings) < batches:
        asyncio.run(watch_all(url, ordered(api, BATCH), BATCH))
        readings.append(Reading(passed, memory_mib(process)))
    return readings


@contextmanager
def serving(turns: int, gap: float) -> Iterator[tuple[str, Client, int]]:
    """Give the address of a server on a scripted model, a client of it, and its process."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home, providing(gap, talk) as provider:
        settings = {
            "MAKERY_HOME": home,
            "MAKERY_MODEL": provider.model,
            "MAKERY_ALLOW_UNKNOWN_PRICE": "true",
            "MAKERY_SERVER__TOKEN": TOKEN,
            "MAKERY_SERVER__REQUESTS_PER_MINUTE": "1000000",
            "MAKERY_SERVER__STREAMS": "100000",
        }
        serve = [sys.executable, "-m", "makery.interfaces.cli.main", "serve", "--port", str(port)]
        url = f"http://127.0.0.1:{port}"
        with running(serve, port, settings) as server, Client(url, key=TOKEN) as api:
            api.publish_team("load", TEAM.format(turns=turns))
            yield url, api, server.pid


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--turns", type=int, default=40, help="answers in each conversation")
    parser.add_argument("--gap", type=float, default=1.0, help="seconds until the model answers")
    parser.add_argument("--soak", type=float, default=0.0, help="minutes for which memory is watched")
    parser.add_argument("--record", action="store_true", help="keep the numbers in summary.json")
    given = parser.parse_args()
    with serving(given.turns, given.gap) as (url, api, process):
        before = processor_seconds(process)
        seen = asyncio.run(watch_all(url, ordered(api, given.runs), given.clients))
        used = processor_seconds(process) - before
        readings = soak(url, api, process, minutes=given.soak)
    tell(given, seen, used, readings)


def tell(given: argparse.Namespace, seen: list[Seen], used: float, readings: list[Reading]) -> None:
    """Print what was measured, and keep it if that is wanted."""
    ages = sorted(age for one in seen for age in one.ages)
    whole = sum(one.whole for one in seen)
    median, late = statistics.median(ages), ages[int(0.95 * len(ages))]
    print(f"{whole} of {given.clients} clients saw every event of their run, {len(ages)} events live")
    print(f"age of an event at its arrival: median {median:.1f} ms, 95 % {late:.1f} ms")
    print(f"processor time of the server: {used:.1f} s, runs included")
    if readings:
        first, last = readings[0].mib, readings[-1].mib
        print(
            f"memory: {first:.1f} MiB after the first of {len(readings)} batches, {last:.1f} after the last"
        )
        print(f"growth in the second half: {slope(readings):.2f} MiB an hour")
    if given.record:
        from record import record

        command = f"python benchmarks/{' '.join([Path(__file__).name, *sys.argv[1:]])}"
        what = f"of {given.clients} clients on {given.runs} runs"
        record("load.whole", whole, f"{what} that saw every event", n=given.clients, command=command)
        record("load.event_age_ms", round(median, 1), f"ms, median {what}", n=len(ages), command=command)
        if readings:
            unit = f"MiB an hour over {given.soak:g} minutes of runs"
            record("load.memory_growth", round(slope(readings), 2), unit, n=len(readings), command=command)


if __name__ == "__main__":
    main()
