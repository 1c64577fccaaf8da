"""Kills a run on the embedded model, or its engine, at random instants; looks whether anything is lost.

Usage: python benchmarks/chaos_embedded.py [--example NAME] [--kills N] [--latest S] [--seed N] [--record]

The run is an example's, in a home of its own and without the cache. After a random time the run's process or
the engine that computes for it gets a SIGKILL, as the dice say, N times; a killed process is resumed, a
killed engine is the run's own affair. Then the run is left alone until it ends. Two runs of a model that
computes in parallel slots need not be equal, so that the run's ledger is what is looked at:
  lost      1 if the run did not come to its end, and each act without its message
  repeated  calls of the model whose answer was in the ledger when they were made again
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
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chaos import SETTLED

from makery.llm.embedded.state import EngineFiles, EngineState

ROOT = Path(__file__).resolve().parents[1]
MODELS = Path.home() / ".local/share/makery/models"


class Run:
    """One run in a folder."""

    def __init__(self, folder: Path, example: Path) -> None:
        self._folder, self._example = folder, example
        (folder / "home").mkdir()
        (folder / "home" / "models").symlink_to(MODELS)
        self._options = json.loads((example / "about.json").read_text(encoding="utf-8"))["options"]

    def begin(self) -> "subprocess.Popen[bytes]":
        """Start it."""
        file = str(self._example / "requirement.md")
        return self._makery("build", "-f", file, "-o", "out", "--yes", *map(str, self._options))

    def resume(self) -> "subprocess.Popen[bytes]":
        """Continue it, or begin if it was killed before it was known."""
        listed = self._makery("runs", "list", "--json", output=subprocess.PIPE).communicate()[0]
        runs = json.loads(listed or b"[]")
        return self._makery("runs", "resume", runs[0]["run"]) if runs else self.begin()

    def events(self) -> list[dict[str, Any]]:
        """What its ledger has."""
        lines = (self._folder / "out/.makery/ledger.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["event"] for line in lines]

    def kill_engine(self) -> bool:
        """SIGKILL for the process that holds the model; False if none is up."""
        states = map(EngineState.read, EngineFiles.states(self._folder / "home" / "engine"))
        up = [state for state in states if state is not None and state.runs()]
        for state in up:
            os.kill(state.pid, signal.SIGKILL)
        return bool(up)

    def _makery(self, *words: str, output: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        home = {"MAKERY_HOME": str(self._folder / "home"), "MAKERY_CACHE": "false"}
        return subprocess.Popen(
            [sys.executable, "-m", "makery.interfaces.cli.main", *words],
            cwd=self._folder,
            env={**os.environ, **home},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )


def struck(run: Run, kills: int, dice: random.Random, latest: float) -> tuple[Counter[str], int]:
    """Blows that were dealt, by what they fell on, and the exit status in the end."""
    process, dealt = run.begin(), Counter[str]()
    while dealt.total() < kills:
        try:
            return dealt, process.wait(dice.uniform(1.0, latest))
        except subprocess.TimeoutExpired:
            on = dice.choice(("process", "engine"))
            if on == "process":
                process.kill()
                process.wait()
                process = run.resume()
            elif not run.kill_engine():
                continue
            dealt[on] += 1
            print(f"blow {dealt.total()} on the {on}", flush=True)
    return dealt, process.wait()


def looked_at(events: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Acts without a message, calls repeated, calls in all."""
    begun = {event["act"] for event in events if event["type"] == "act_started"}
    ended = {event["act"] for event in events if event["type"] == "message_published"}
    paid = Counter(
        (event["purpose"]["act"], event["digest"])
        for event in events
        if event["type"] == "model_called" and event["source"] == "model"
    )
    return len(begun - ended), sum(paid.values()) - len(paid), sum(paid.values())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--example", default="duration_company")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument(
        "--latest", type=float, default=40.0, help="seconds from a start to its blow, at most"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="keep the numbers in summary.json")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="makery-chaos-") as name:
        started, run = time.monotonic(), Run(Path(name), ROOT / "examples" / given.example)
        kills, status = struck(run, given.kills, random.Random(given.seed), given.latest)
        open_acts, repeated, calls = looked_at(run.events())
    lost = open_acts + (status not in SETTLED)
    seconds = time.monotonic() - started
    on = ", ".join(f"{n} {what}" for what, n in kills.items())
    print(f"{kills.total()} blows ({on}) in {seconds:.0f} s, exit status {status}", end=": ")
    print(f"{calls} calls, {repeated} of them repeated; {lost} acts or runs lost")
    if given.record:
        from record import record

        options = (
            f"--example {given.example} --kills {given.kills} --latest {given.latest:g} --seed {given.seed}"
        )
        command = f"python benchmarks/chaos_embedded.py {options}"
        record("chaos.embedded_kills", kills.total(), f"blows: {on}", n=1, command=command)
        record("chaos.embedded_lost", lost, "acts, or the run", n=kills.total(), command=command)
        record("chaos.embedded_repeated", repeated, "finished model calls", n=calls, command=command)


if __name__ == "__main__":
    main()
