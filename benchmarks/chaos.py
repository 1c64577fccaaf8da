"""Kills runs at random instants, resumes them, and looks whether anything was lost or done twice.

Usage: python benchmarks/chaos.py --state FILE [--kills N] [--mode duo] [--latency S] [--minutes M] [--record]

A run of the given mode works on a stand-in provider (benchmarks/standin_provider.py) with latency. Its
process is killed with SIGKILL after a random time and resumed, again and again until it ends; then the next
run begins, until N kills were made or M minutes are over. Each run's outcome is a line in FILE: started again
with the same FILE, the benchmark goes on where it was.

Compared with an undisturbed run in the same way:
  lost      files of the program, verdict, traceability that differ, and paid calls that the ledger lacks
  repeated  requests for an answer that was in the durable record when the process was killed
A request whose answer was under way at a kill is asked again: that is the step in flight.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from standin_provider import Provider, key_of, providing

from makery.durable.dbos_record import DbosRecord
from makery.kernel.errors import StorageFailure

REQUIREMENT = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double(4)
8
```
"""
COMPARED = ("double.py", ".makery/verdict.json", ".makery/traceability.json")
MOST_SITTINGS = 200
WINDOW = 2.0
"""Latest kill, in durations of an undisturbed run: a new process spends much of one on starting up."""


@dataclass
class Outcome:
    """One run that was killed until it ended."""

    kills: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: int = 0
    in_flight: int = 0
    """Requests that were asked again because their answer was under way at a kill."""
    seconds: float = 0.0


class Trial:
    """A folder with a home of its own, and the commands that work in it."""

    def __init__(self, folder: Path, provider: Provider, mode: str) -> None:
        self.folder = folder
        self._provider = provider
        self._mode = mode
        self.record = DbosRecord(f"sqlite:///{folder / 'home' / 'makery.db'}")

    def begin(self) -> "subprocess.Popen[bytes]":
        """Start the run."""
        words = ("build", REQUIREMENT, "-o", "out", "--mode", self._mode, "--json", "--allow-unknown-price")
        return self._process(*words, "--model", self._provider.model)

    def resume(self, run: str) -> "subprocess.Popen[bytes]":
        """Continue it."""
        return self._process("runs", "resume", run, "--json")

    def run(self) -> str:
        """Its id; '' if it was killed before it had one."""
        found = self._process("runs", "list", "--json", output=subprocess.PIPE).communicate()[0]
        runs = json.loads(found or b"[]")
        return str(runs[0]["run"]) if runs else ""

    def files(self) -> dict[str, bytes]:
        """What is compared."""
        out = self.folder / "out"
        return {name: (out / name).read_bytes() if (out / name).is_file() else b"" for name in COMPARED}

    def paid_calls(self) -> int:
        """How many the ledger counts."""
        lines = (self.folder / "out/.makery/ledger.jsonl").read_text(encoding="utf-8").splitlines()
        events = (json.loads(line)["event"] for line in lines)
        return sum(event["type"] == "model_called" and event["source"] == "model" for event in events)

    def kept(self, run: str) -> Counter[str]:
        """The calls in the durable record, by what they asked."""
        try:
            calls = [json.loads(text)["call"]["prompt"] for text in self.record.calls(run)]
        except StorageFailure:
            return Counter()
        return Counter(key_of(prompt["system"], prompt["user"]) for prompt in calls)

    def _process(self, *words: str, output: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "HOME": str(self.folder),
            "MAKERY_HOME": str(self.folder / "home"),
            "MAKERY_CACHE": "false",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "makery.interfaces.cli.main", *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )


@dataclass(frozen=True)
class Undisturbed:
    """How the run goes when nobody kills it."""

    files: dict[str, bytes]
    asked: Counter[str]
    paid: int
    seconds: float


def undisturbed(provider: Provider, mode: str) -> Undisturbed:
    """Run once to the end."""
    with TemporaryDirectory(prefix="makery-chaos-") as name:
        trial, started = Trial(Path(name), provider, mode), time.monotonic()
        before = provider.taken()
        status = trial.begin().wait()
        if status not in (0, 3):
            raise SystemExit(f"The undisturbed run ended with exit status {status}.")
        asked = provider.taken() - before
        return Undisturbed(trial.files(), asked, trial.paid_calls(), time.monotonic() - started)


def killed_until_it_ends(provider: Provider, mode: str, calm: Undisturbed, dice: random.Random) -> Outcome:
    """Run, kill, resume until the run ends, then compare."""
    with TemporaryDirectory(prefix="makery-chaos-", ignore_cleanup_errors=True) as name:
        trial, outcome, started = Trial(Path(name), provider, mode), Outcome(), time.monotonic()
        before, kept, run, lost_in_flight = provider.taken(), Counter[str](), "", Counter[str]()
        for _ in range(MOST_SITTINGS):
            process = trial.resume(run) if run else trial.begin()
            if _ended(process, dice.uniform(0.3, WINDOW * calm.seconds)):
                break
            outcome.kills += 1
            time.sleep(2 * provider.latency)  # answers under way reach nobody, and are counted
            run = run or trial.run()
            asked = provider.taken() - before
            kept = trial.kept(run) if run else Counter()
            lost_in_flight = asked - kept
        total = provider.taken() - before
        again = total - calm.asked
        outcome.in_flight = sum(again.values())
        outcome.repeated = sum((again - lost_in_flight).values())
        outcome.lost = [name for name, data in trial.files().items() if data != calm.files[name]]
        missing = calm.paid - trial.paid_calls()
        outcome.lost += [f"{missing} paid calls"] if missing else []
        outcome.seconds = time.monotonic() - started
        return outcome


def _ended(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether the process ended by itself within the time; else it is killed."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return False
    return True


def main() -> None:
    """Go on until enough kills were made, and print the sums."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--state", type=Path, required=True, help="file with a line for each run so far")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mode", default="duo")
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--record", action="store_true", help="keep the sums in summary.json")
    given = parser.parse_args()
    outcomes = _known(given.state)
    end = time.monotonic() + given.minutes * 60
    with providing(given.latency) as provider:
        calm = undisturbed(provider, given.mode)
        print(f"undisturbed: {calm.seconds:.1f} s, {sum(calm.asked.values())} requests", flush=True)
        while sum(one.kills for one in outcomes) < given.kills and time.monotonic() < end:
            dice = random.Random(f"{given.mode}{len(outcomes)}")
            outcomes.append(killed_until_it_ends(provider, given.mode, calm, dice))
            with given.state.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(outcomes[-1])) + "\n")
            print(outcomes[-1], flush=True)
    _tell(outcomes, given)


def _known(state: Path) -> list[Outcome]:
    lines = state.read_text(encoding="utf-8").splitlines() if state.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def _tell(outcomes: list[Outcome], given: argparse.Namespace) -> None:
    kills = sum(one.kills for one in outcomes)
    lost = sum(len(one.lost) for one in outcomes)
    repeated = sum(one.repeated for one in outcomes)
    print(f"{len(outcomes)} runs, {kills} kills: {lost} lost, {repeated} finished calls repeated")
    if given.record:
        from record import record

        command = f"python benchmarks/chaos.py --state FILE --mode {given.mode} --latency {given.latency}"
        record("chaos.kills", kills, "SIGKILLs of the process", n=len(outcomes), command=command)
        record("chaos.lost", lost, "files or paid calls", n=kills, command=command)
        record("chaos.repeated_calls", repeated, "finished model calls", n=kills, command=command)


if __name__ == "__main__":
    main()
