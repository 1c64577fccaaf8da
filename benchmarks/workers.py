"""How much faster several workers are than one, and how soon the work of a killed one is taken over.

Usage: python benchmarks/workers.py [--workers 1,2,4] [--acts N] [--turns N] [--latency S] [--record]

Workers are processes on a PostgreSQL of the benchmark's own. The runs are conversations with a stand-in
provider of the given latency: model calls and nothing else, so that throughput is calls a second. As many
conversations are under way as all workers can hold, twice over. Efficiency of N workers: throughput divided
by N times that of one.

Then, with the most workers and the same load, one is killed with SIGKILL. Takeover: seconds until the last
task that it had is begun by another worker, or has ended. Each run must end as it would have: a model call
whose answer was kept is not made again, and every run's ledger counts as many calls, and holds as many steps,
as that of an undisturbed run.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from postgresql import Server, serving
from standin_provider import Provider, key_of, providing
from talk import talk

from makery import Factory
from makery.app.options import TeamOptions
from makery.app.settings import Settings
from makery.durable.dbos_queues import ACT, RUN
from makery.durable.dbos_record import DbosRecord, record_client

FILL = 2
"""Conversations for each act that can be under way."""


class Shop:
    """A database, workers on it, and a desk that orders runs."""

    def __init__(self, folder: Path, url: str, *, acts: int) -> None:
        self.url, self._folder, self._acts = url, folder, acts
        self.desk = Factory(Settings(home=folder / "desk", database=url))
        self.processes: list[subprocess.Popen[str]] = []

    def begin(self, count: int) -> None:
        """Start so many workers and wait until all take work."""
        for number in range(count):
            environment = {
                **os.environ,
                "MAKERY_HOME": str(self._folder / f"worker{number}"),
                "MAKERY_DATABASE": self.url,
                "MAKERY_CACHE": "false",
                "MAKERY_WORKERS__ACTS": str(self._acts),
            }
            words = [sys.executable, "-m", "makery.interfaces.cli.main", "worker"]
            process = subprocess.Popen(
                words,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            self.processes.append(process)
        for process in self.processes:
            assert process.stderr is not None
            process.stderr.readline()

    def order(self, orders: list[TeamOptions]) -> list[str]:
        """Put runs into the queue."""

        async def started() -> list[str]:
            handles = [await self.desk.start(order) for order in orders]
            for handle in handles:
                handle.cancel()
            return [handle.run_id for handle in handles]

        return asyncio.run(started())

    def wait(self, runs: list[str]) -> dict[str, str]:
        """How each run stands once none is under way."""
        while True:
            found = {record.id: record.status for record in self.desk.runs(most=len(runs) + 1)}
            if all(found[run] != "running" for run in runs):
                return {run: found[run] for run in runs}
            time.sleep(0.2)

    def end(self) -> None:
        """Stop the workers."""
        for process in self.processes:
            process.kill()
            process.wait()


@contextmanager
def shop(server: Server, *, workers: int, acts: int) -> Iterator[Shop]:
    """A new one, with workers that take work, during the block."""
    with TemporaryDirectory(prefix="makery-workers-", ignore_cleanup_errors=True) as name:
        made = Shop(Path(name), server.new_database(), acts=acts)
        try:
            made.begin(workers)
            yield made
        finally:
            made.end()


def orders(provider: Provider, given: argparse.Namespace, workers: int) -> list[TeamOptions]:
    """Enough conversations to keep all workers busy."""
    count = FILL * workers * given.acts
    return [talk(provider.model, given.turns, number, detach=True) for number in range(count)]


def throughput(server: Server, provider: Provider, given: argparse.Namespace, workers: int) -> float:
    """Model calls a second, from the first run's order to the last one's end."""
    with shop(server, workers=workers, acts=given.acts) as made:
        wanted = orders(provider, given, workers)
        before, started = sum(provider.taken().values()), time.monotonic()
        ended = made.wait(made.order(wanted))
        seconds = time.monotonic() - started
    _insist_on_whole(ended)
    return (sum(provider.taken().values()) - before) / seconds


@dataclass(frozen=True)
class Takeover:
    """What came of the SIGKILL of one worker."""

    seconds: float
    """Until all it had was in other hands."""
    tasks: int
    """That it had."""
    runs: int
    """Under way or waiting at that time; all of them are whole."""
    kept: int
    """Calls that had ended by then; none was made again."""
    in_flight: int
    """Calls that were made again because they had not ended."""

    @property
    def told(self) -> str:
        """In a sentence."""
        return (
            f"{self.tasks} tasks of the killed worker were taken over; of {self.kept} finished model calls "
            f"0 were repeated, {self.in_flight} in flight were made again; "
            f"the ledgers of all {self.runs} runs are whole"
        )


def takeover(server: Server, provider: Provider, given: argparse.Namespace, workers: int) -> Takeover:
    """Kill one worker under load, and insist that nothing is lost by it and nothing done twice."""
    with shop(server, workers=workers, acts=given.acts) as made:
        whole = undisturbed(made, provider, given)
        runs = made.order(orders(provider, given, workers))
        time.sleep(3 * given.latency + 3)
        victim = made.processes[0]
        dead = next(row.executor for row in made.desk.workers() if f"-{victim.pid}-" in row.executor)
        with record_client(made.url) as client:
            had = {
                status.workflow_id
                for status in client.list_workflows(executor_id=dead, status="PENDING", name=[ACT, RUN])
            }
            victim.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            # Read before `asked`, so that all of it was asked by then; nobody takes over as soon as that.
            kept, asked = finished_calls(made.url, runs), provider.taken()
            while any(_is_with(client, had, dead)):
                time.sleep(0.1)
            seconds = time.monotonic() - killed
        _insist_on_whole(made.wait(runs))
        again = provider.taken() - asked
        _insist_on_no_repeat(again, kept)
        _insist_on_ledgers(made, runs, whole)
        in_flight = sum((again & asked).values())
    return Takeover(seconds, len(had), len(runs), kept.total(), in_flight)


def undisturbed(made: Shop, provider: Provider, given: argparse.Namespace) -> tuple[int, int]:
    """Calls and steps in the ledger of a conversation that nobody disturbs."""
    [run] = runs = made.order([talk(provider.model, given.turns, -1, detach=True)])
    _insist_on_whole(made.wait(runs))
    return ledger_of(made, run)


def ledger_of(made: Shop, run: str) -> tuple[int, int]:
    """Calls and steps in a run's ledger."""
    return made.desk.show(run).used.calls, len(made.desk.steps(run))


def finished_calls(url: str, runs: list[str]) -> Counter[str]:
    """What the durable record holds of model calls, by what they asked."""
    record = DbosRecord(url)
    prompts = [json.loads(text)["call"]["prompt"] for run in runs for text in record.calls(run)]
    return Counter(key_of(prompt["system"], prompt["user"]) for prompt in prompts)


def _is_with(client: object, tasks: set[str], dead: str) -> Iterator[bool]:
    found = client.list_workflows(workflow_ids=sorted(tasks))  # type: ignore[attr-defined]
    return (
        status.executor_id == dead or status.status == "ENQUEUED" for status in found if not _over(status)
    )


def _over(status: object) -> bool:
    return status.status in ("SUCCESS", "ERROR")  # type: ignore[attr-defined]


def _insist_on_whole(ended: dict[str, str]) -> None:
    bad = {run: status for run, status in ended.items() if status != "ended"}
    if bad:
        raise SystemExit(f"Runs did not end as they should: {bad}")


def _insist_on_no_repeat(again: Counter[str], kept: Counter[str]) -> None:
    repeated = sum((again & kept).values())
    if repeated:
        raise SystemExit(f"{repeated} finished model calls were made again after the kill.")


def _insist_on_ledgers(made: Shop, runs: list[str], whole: tuple[int, int]) -> None:
    found = {run: ledger_of(made, run) for run in runs}
    bad = {run: counts for run, counts in found.items() if counts != whole}
    if bad:
        raise SystemExit(f"Ledgers (calls, steps) that differ from an undisturbed run's {whole}: {bad}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--acts", type=int, default=4, help="acts at the same time in one worker")
    parser.add_argument("--turns", type=int, default=10, help="model calls of one conversation")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of one model call")
    parser.add_argument("--record", action="store_true", help="keep the numbers in summary.json")
    given = parser.parse_args()
    counts = [int(count) for count in given.workers.split(",")]
    with serving() as server, providing(given.latency) as provider:
        found = {count: throughput(server, provider, given, count) for count in counts}
        for count, rate in found.items():
            share = rate / count / (found[counts[0]] / counts[0])
            print(f"{count} workers: {rate:.2f} calls/s, efficiency {share:.3f}", flush=True)
        taken = takeover(server, provider, given, counts[-1])
        print(f"takeover: {taken.seconds:.1f} s; {taken.told}")
    if given.record:
        _record(given, {n: rate / n / (found[counts[0]] / counts[0]) for n, rate in found.items()}, taken)


def _record(given: argparse.Namespace, shares: dict[int, float], taken: Takeover) -> None:
    from record import record

    command = (
        f"python benchmarks/workers.py --workers {given.workers} --acts {given.acts} "
        f"--turns {given.turns} --latency {given.latency:g}"
    )
    for count, share in shares.items():
        if count in (2, 4):
            unit = "of one worker's throughput, each"
            record(
                f"workers.efficiency_{count}", round(share, 3), unit, n=count * given.acts, command=command
            )
    record("takeover.seconds", round(taken.seconds, 1), "s", n=1, command=command, note=taken.told)


if __name__ == "__main__":
    main()
