"""Strikes runs at random instants, continues them, and looks whether anything was lost or done twice.

Usage: python benchmarks/chaos.py --state FILE [--target T] [--kills N] [--mode M] [--latency S] [--record]

A run of the given mode works on a stand-in provider (benchmarks/standin_provider.py) with latency. After a
random time something is struck; if the run's process has ended by that, the run is resumed; and so on until
it ends. Then the next run begins, until N blows were dealt or M minutes are over. Targets:

  process     the process that works on the run: SIGKILL
  model       the model server's process: SIGKILL; another takes its place
  sandbox     a sandbox that executes generated code, if one is at work: SIGKILL
  postgresql  the database server: immediate stop, and start; the run is kept there, not in SQLite
  all         one of these, at random; the run is kept in PostgreSQL

Each run's outcome is a line in FILE: started again with the same FILE, the benchmark goes on where it was.
Compared with an undisturbed run in the same way:
  lost      files of the workspace that differ, are missing or are new (all but those that hold times), and
            calls and tokens that the ledger lacks or has too many of
  repeated  requests, from one blow to the next, for an answer that was in the durable record at the first
A request whose answer was under way at a blow is asked again: that is the step in flight.
"""

import argparse
import json
import random
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos_trial import Blow, ModelServer, Trial, kill_process, kill_sandbox, model_server
from postgresql import Server, serving

TARGETS = ("process", "model", "sandbox", "postgresql")
MOST_SITTINGS = 200
WINDOW = 1.0
"""Latest blow of a sitting, in durations of an undisturbed run."""
SETTLED = (0, 3)
"""Exit statuses of a run that has ended."""


@dataclass
class Outcome:
    """One run that was struck until it ended."""

    target: str
    kills: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: int = 0
    in_flight: int = 0
    """Requests that were asked again because their answer was under way at a blow."""
    struck: list[str] = field(default_factory=list)
    """What each blow fell on."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Undisturbed:
    """How the run goes when nobody strikes it."""

    files: dict[str, bytes]
    asked: Counter[str]
    paid: Counter[str]
    seconds: float


@dataclass
class Arena:
    """What the runs of this benchmark have in common."""

    server: ModelServer
    database: Server | None
    mode: str

    def trial(self, folder: str) -> Trial:
        """A run that has not begun."""
        url = self.database.new_database() if self.database else ""
        return Trial(Path(folder), self.server, self.mode, url)

    def blow(self, target: str) -> Blow:
        """What is done to the target."""
        if target == "process":
            return kill_process
        if target == "sandbox":
            return kill_sandbox
        if target == "model":
            return lambda _: self.server.kill() is None
        database = self.database
        assert database is not None
        return lambda _: database.restart() is None


def undisturbed(arena: Arena) -> Undisturbed:
    """Run once to the end."""
    with TemporaryDirectory(prefix="makery-chaos-") as name:
        trial, started = arena.trial(name), time.monotonic()
        before = arena.server.taken()
        status = trial.begin().wait()
        if status not in SETTLED:
            raise SystemExit(f"The undisturbed run ended with exit status {status}.")
        asked = arena.server.taken() - before
        if any(times > 1 for times in asked.values()):
            raise SystemExit("The undisturbed run asks the same twice, so that no repeat could be told.")
        return Undisturbed(trial.files(), asked, trial.paid(), time.monotonic() - started)


def struck_until_it_ends(arena: Arena, target: str, calm: Undisturbed, dice: random.Random) -> Outcome:
    """Run, strike, resume until the run ends, then compare."""
    with TemporaryDirectory(prefix="makery-chaos-", ignore_cleanup_errors=True) as name:
        trial, outcome, started = arena.trial(name), Outcome(target), time.monotonic()
        before = since = arena.server.taken()
        kept = Counter[str]()  # finished before `since`
        run, process = "", trial.begin()
        for _ in range(MOST_SITTINGS):
            ended = _within(process, dice.uniform(0.3, WINDOW * calm.seconds))
            if ended in SETTLED:
                break
            struck = dice.choice(TARGETS) if target == "all" else target
            if ended is None and arena.blow(struck)(process):
                outcome.kills += 1
                outcome.struck.append(struck)
                time.sleep(2 * arena.server.latency)  # answers under way reach nobody, and are counted
                run = run or trial.run()
                # Read before `now`, so that all of it was asked by then.
                finished = trial.kept(run) if run else Counter[str]()
                now = arena.server.taken()
                outcome.repeated += sum(((now - since) & kept).values())
                since, kept = now, finished
            if process.poll() is not None and process.returncode not in SETTLED:
                run = run or trial.run()
                process = trial.resume(run) if run else trial.begin()
        now = arena.server.taken()
        outcome.repeated += sum(((now - since) & kept).values())
        outcome.in_flight = sum((now - before - calm.asked).values()) - outcome.repeated
        _compare(outcome, trial, calm)
        outcome.seconds = time.monotonic() - started
        return outcome


def _compare(outcome: Outcome, trial: Trial, calm: Undisturbed) -> None:
    files, paid = trial.files(), trial.paid()
    names = sorted(files.keys() | calm.files.keys())
    outcome.lost = [name for name in names if files.get(name) != calm.files.get(name)]
    outcome.lost += [
        f"{calm.paid[what] - paid[what]} {what}" for what in calm.paid if paid[what] != calm.paid[what]
    ]


def _within(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    """The process's exit status, if it ends by itself within the time."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def main() -> None:
    """Go on until enough blows were dealt, and print the sums."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--state", type=Path, required=True, help="file with a line for each run so far")
    parser.add_argument("--target", choices=(*TARGETS, "all"), default="process")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mode", default="company")
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--seed", default="", help="another one strikes at other instants")
    parser.add_argument("--record", action="store_true", help="keep the sums in summary.json")
    given = parser.parse_args()
    outcomes = _known(given.state)
    end = time.monotonic() + given.minutes * 60
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="makery-chaos-")))
        needed = given.target in ("postgresql", "all")
        database = stack.enter_context(serving()) if needed else None
        server = stack.enter_context(model_server(folder, given.latency))
        arena = Arena(server, database, given.mode)
        calm = undisturbed(arena)
        print(f"undisturbed: {calm.seconds:.1f} s, {sum(calm.asked.values())} requests", flush=True)
        while sum(one.kills for one in outcomes) < given.kills and time.monotonic() < end:
            dice = random.Random(f"{given.seed}{given.mode}{given.target}{len(outcomes)}")
            outcomes.append(struck_until_it_ends(arena, given.target, calm, dice))
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
    on = ", ".join(f"{n} {what}" for what, n in Counter(s for one in outcomes for s in one.struck).items())
    print(f"{len(outcomes)} runs, {kills} blows ({on}): {lost} lost, {repeated} finished calls repeated")
    if given.record:
        from record import record

        options = f"--target {given.target} --mode {given.mode} --latency {given.latency:g}"
        options += f" --seed {given.seed}" if given.seed else ""
        command = f"python benchmarks/chaos.py --state FILE {options} --kills {given.kills}"
        record("chaos.kills", kills, f"blows: {on}", n=len(outcomes), command=command)
        record("chaos.lost", lost, "files, paid calls or tokens", n=kills, command=command)
        record("chaos.repeated_calls", repeated, "finished model calls", n=kills, command=command)


if __name__ == "__main__":
    main()
