"""Time outside the model: a recorded run is replayed, and its wall clock set against the model's time.

Usage: python benchmarks/overhead.py [EXAMPLE] [--ledger FILE] [--rounds N] [--record]

EXAMPLE is a folder of examples/; by default the first that was recorded in company mode. The model's time is
the sum of the seconds of all recorded calls or, with --ledger (the live run's DIR/.makery/ledger.jsonl),
the wall clock during which at least one call was under way: less, where calls ran side by side, and so
stricter. In a replay no model answers, so that all of its wall clock is time outside the model: start-up,
the framework, and the sandboxed commands; the commands' part is told apart.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from ledger import covered, entries, events

from makery.kernel.events import CommandRun, ModelCalled

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@dataclass(frozen=True)
class Replayed:
    """One replay, in seconds of wall clock."""

    outside: float
    """All of it."""
    commands: float
    """While at least one command ran in the sandbox."""


def company_example() -> Path:
    """Give the first example that was recorded in company mode.

    Raises:
        SystemExit: there is none.
    """
    for about in sorted(EXAMPLES.glob("*/about.json")):
        if json.loads(about.read_text(encoding="utf-8"))["mode"] == "company":
            return about.parent
    raise SystemExit("examples/ holds no run in company mode; scripts/record_example.py records one.")


def recorded_model_seconds(example: Path) -> float:
    """Give the sum of the seconds that the recorded calls took."""
    lines = (example / "recording.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    completions = (json.loads(line).get("completion") for line in lines if line)
    return sum(completion.get("seconds", 0.0) for completion in completions if completion)


def replay(example: Path) -> Replayed:
    """Replay an example once, in a home and a folder of its own."""
    options = json.loads((example / "about.json").read_text(encoding="utf-8"))["options"]
    with TemporaryDirectory(prefix="makery-bench-") as folder:
        out = Path(folder) / "out"
        argv = [str(Path(sys.executable).with_name("makery")), "build", "-o", str(out), "--yes"]
        argv += [
            "-f",
            str(example / "requirement.md"),
            "--replay",
            str(example / "recording.jsonl"),
            *options,
        ]
        environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": folder}
        started = perf_counter()
        done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        outside = perf_counter() - started
        if done.returncode not in (0, 3):
            raise SystemExit(f"The replay ended with exit status {done.returncode}:\n{done.stderr}")
        runs = events(entries(out / ".makery" / "ledger.jsonl"), CommandRun)
        return Replayed(outside, covered((at, run.seconds) for at, run in runs))


def main() -> None:
    """Print the times and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("example", type=Path, nargs="?")
    parser.add_argument("--ledger", type=Path, help="export of the live run's ledger")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="keep the ratios in summary.json")
    given = parser.parse_args()
    example = (given.example or company_example()).resolve()
    rounds = [replay(example) for _ in range(given.rounds)]
    outside = median(one.outside for one in rounds)
    framework = median(one.outside - one.commands for one in rounds)
    model = recorded_model_seconds(example)
    if given.ledger:
        calls = events(entries(given.ledger), ModelCalled)
        model = covered((at, call.seconds) for at, call in calls if call.source == "model")
    print(f"{example.name}: model {model:.1f} s; outside it {outside:.2f} s = {outside / model:.1%}")
    print(f"of these without the sandboxed commands {framework:.2f} s = {framework / model:.1%}")
    if given.record:
        _record(example.name, outside / model, framework / model, given.rounds)


def _record(example: str, outside: float, framework: float, rounds: int) -> None:
    from record import record

    command = f"python benchmarks/overhead.py examples/{example} --rounds {rounds}"
    unit = "share of the model's time"
    record("time_outside_model", round(outside, 4), unit, n=rounds, command=command)
    record("time_framework", round(framework, 4), unit, n=rounds, command=command)


if __name__ == "__main__":
    main()
