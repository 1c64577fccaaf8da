"""The same conversation on Makery, LangGraph and AutoGen: overhead, bytes written, what SIGKILL costs.

Usage: python benchmarks/peers.py [--turns N] [--latency S] [--rounds N] [--record]

One conversation of two speakers with a scripted model of fixed latency, in the process; every side keeps its
results after each step, as its own documentation says (see the files in benchmarks/peers/). Each side runs in
processes of its own, in turn, after a warm-up in the same process. The peers are installed into a virtual
environment that is thrown away afterwards: Makery does not depend on them.

- overhead: time outside the model for one act, and processor time of one
- bytes: what the process hands to the operating system for writing, for one act
- repeated: the process kills itself with SIGKILL the moment call K begins, is started again on what it kept
  and goes on to the end; counted in the log of the model: calls that are asked again after their answer
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

SIDES = Path(__file__).with_name("peers")
sys.path.insert(0, str(SIDES))

from scripted import calls  # noqa: E402

PACKAGES = (
    "langgraph==1.2.24",
    "langgraph-checkpoint-sqlite==3.1.2",
    "autogen-agentchat==0.7.5",
)


@dataclass(frozen=True)
class Side:
    """One way to do it."""

    name: str
    script: str
    variant: str = "-"
    recorded: bool = True
    """Whether its numbers are kept: what a user gets who follows the documentation."""


ALL = (
    Side("makery", "makery_side.py"),
    Side("langgraph", "langgraph_side.py", "async"),
    Side("langgraph, durability sync", "langgraph_side.py", "sync", recorded=False),
    Side("autogen", "autogen_side.py", "each_turn"),
    Side("autogen, saved at the end", "autogen_side.py", "at_end", recorded=False),
)


@dataclass(frozen=True)
class Found:
    """What was measured of one side: medians."""

    overhead_ms: float
    cpu_ms: float
    bytes_per_act: float
    repeated_calls: int


@contextmanager
def peers_python() -> Iterator[str]:
    """An interpreter that has the peers, during the block."""
    with TemporaryDirectory(prefix="makery-peers-") as name:
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, name], check=True)
        python = str(Path(name) / "bin" / "python")
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
        yield python


def measure(side: Side, python: str, given: argparse.Namespace) -> Found:
    """All numbers of one side."""
    with TemporaryDirectory(prefix="makery-peer-") as name:
        rounds = [_tried(side, python, Path(name) / str(n), given) for n in range(given.rounds)]
        repeated = [_killed(side, python, Path(name) / f"kill{n}", given) for n in range(given.rounds)]
    middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    return Found(**middle, repeated_calls=round(statistics.median(repeated)))


def _tried(side: Side, python: str, folder: Path, given: argparse.Namespace) -> dict[str, float]:
    folder.mkdir()
    done = _process(side, python, folder, given, kill_at=0)
    if done.returncode:
        raise SystemExit(f"{side.name} failed: {done.stderr[-2000:]}")
    _insist_on_whole(side, folder, given.turns)
    return json.loads(done.stdout.splitlines()[-1])


def _killed(side: Side, python: str, folder: Path, given: argparse.Namespace) -> int:
    """How many finished calls are asked again."""
    folder.mkdir()
    struck = _process(side, python, folder, given, kill_at=given.kill_at)
    if struck.returncode != -signal.SIGKILL:
        raise SystemExit(f"{side.name} was not killed: {struck.stderr[-2000:]}")
    again = _process(side, python, folder, given, kill_at=0)
    if again.returncode:
        raise SystemExit(f"{side.name} did not go on: {again.stderr[-2000:]}")
    return _insist_on_whole(side, folder, given.turns)


def _insist_on_whole(side: Side, folder: Path, turns: int) -> int:
    answered, repeated = calls(folder / "calls.log")
    if answered != turns:
        raise SystemExit(f"{side.name} made {answered} different calls, not {turns}.")
    return repeated


def _process(
    side: Side, python: str, folder: Path, given: argparse.Namespace, *, kill_at: int
) -> subprocess.CompletedProcess[str]:
    interpreter = sys.executable if side.name == "makery" else python
    words = [interpreter, str(SIDES / side.script), str(folder), str(given.turns), str(given.latency)]
    return subprocess.run([*words, str(kill_at), side.variant], capture_output=True, text=True, check=False)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=20, help="model calls of the conversation")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds of one model call")
    parser.add_argument("--kill-at", type=int, default=7, help="the call at whose beginning the blow falls")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="keep the numbers in summary.json")
    given = parser.parse_args()
    print(f"Kill at the beginning of call {given.kill_at} of {given.turns}; {', '.join(PACKAGES)}")
    with peers_python() as python:
        for side in ALL:
            found = measure(side, python, given)
            print(_sentence(side, found, given), flush=True)
            if given.record and side.recorded:
                _record(side, found, given)


def _sentence(side: Side, found: Found, given: argparse.Namespace) -> str:
    time = f"{found.overhead_ms:.1f} ms outside the model, {found.cpu_ms:.1f} ms of processor"
    again = f"{found.repeated_calls} of {given.kill_at - 1} calls again"
    return f"{side.name}: {time}, {found.bytes_per_act:.0f} bytes, {again}"


def _record(side: Side, found: Found, given: argparse.Namespace) -> None:
    from record import record

    command = (
        f"python benchmarks/peers.py --turns {given.turns} --latency {given.latency:g} "
        f"--kill-at {given.kill_at} --rounds {given.rounds}"
    )
    kept = {
        "overhead_ms": (round(found.overhead_ms, 1), "ms outside the model, an act"),
        "bytes_per_act": (round(found.bytes_per_act), "bytes written, an act"),
        "repeated_calls": (found.repeated_calls, f"of {given.kill_at - 1} finished calls, asked again"),
    }
    for name, (value, unit) in kept.items():
        record(f"peers.{side.name}.{name}", value, unit, n=given.rounds, command=command)


if __name__ == "__main__":
    main()
