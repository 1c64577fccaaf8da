# ruff: noqa: E501 - a table of three
"""Measures societies on a real model: debate against votes, acting by code against tools, AlphaCodium's flow.

Usage: python benchmarks/societies.py debate|agents|codium [--model NAME] [--n N] [--state FILE] [--record]

    debate   N arithmetic problems: one answer; a majority of six; a debate of three in two rounds
    agents   ten tasks with three tools: ReAct and the code agent, model calls and right answers
    codium   N small programs with hidden examples: one engineer (`--mode direct`) and AlphaCodium's flow

Each answer is kept in the state file (beside this program) as soon as it is there: stopped at any instant, the
same command goes on where it was. Prints one line for each way of working: share right, model calls, tokens.
With --record they are kept in summary.json as `debate.*`, `agents.*`, `alphacodium.*`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from arithmetic import TOOLS, Program, problems, programs, shop_tasks
from record import record

from makery import Factory, RunResult
from makery.kernel.team import Team
from makery.teams.code_act import code_act
from makery.teams.codium import codium
from makery.teams.debate import canonical, debate, debater, majority_vote
from makery.teams.react import react
from makery.teams.seats import member

NAMES = tuple(tool.__name__ for tool in TOOLS)
CODER = member("agent", "You compute.", tools=NAMES, skills=("write_action", "run_action"))
CALLER = member("agent", "You answer with a number that you got from tools.", tools=NAMES)
TEAMS: dict[str, dict[str, Callable[[], Team | None]]] = {
    "debate": {
        "one": lambda: majority_vote(debater("ada"), answers=1),
        "majority": lambda: majority_vote(debater("ada"), answers=6),
        "debate": lambda: debate(debater("ada"), debater("bob"), debater("cleo"), rounds=2),
    },
    "agents": {"react": lambda: react(CALLER), "code": lambda: code_act(CODER)},
    "codium": {"direct": lambda: None, "codium": codium},
}
RECORDED = {"debate": "debate", "agents": "agents", "codium": "alphacodium"}


@dataclass(frozen=True)
class Given:
    """One task: what is asked, and the right answer or the hidden examples of a program."""

    text: str
    answer: str = ""
    program: Program | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one task in one way of working."""

    task: str
    team: str
    right: bool
    calls: int
    tokens: int


class State:
    """The outcomes so far, one a line in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.outcomes = [Outcome(**json.loads(line)) for line in lines]

    def has(self, task: str, team: str) -> bool:
        """Whether that was done before."""
        return any((outcome.task, outcome.team) == (task, team) for outcome in self.outcomes)

    def add(self, outcome: Outcome) -> None:
        """Keep one more."""
        self.outcomes.append(outcome)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")


def tasks(kind: str, count: int) -> list[Given]:
    """Give the tasks of a kind."""
    if kind == "codium":
        return [Given(program.text, program=program) for program in list(programs())[:count]]
    found = problems(count) if kind == "debate" else shop_tasks()
    return [Given(problem.text, problem.answer) for problem in found]


def worked(kind: str, team: Team | None, task: Given, model: str | None) -> RunResult | None:
    """Have one team work on one task; None if the model or a limit ended it."""
    from makery.kernel.errors import LimitReached, ModelError

    try:
        if team is None:
            return Factory().build(task.text, mode="direct", model=model, yes=True)
        tools = TOOLS if kind == "agents" else ()
        return Factory().converse(team, task.text, tools=tools, model=model, yes=True)
    except (ModelError, LimitReached):
        return None


def is_right(task: Given, run: RunResult) -> bool:
    """Whether the answer, or every hidden example of the program, comes out."""
    if task.program is None:
        return canonical(run.answer) == canonical(task.answer)
    return all(_prints(run.workspace, words, output) for words, output in task.program.examples)


def _prints(folder: Path, words: Sequence[str], output: str) -> bool:
    """Run a delivered program in the sandbox."""
    import asyncio

    from makery.kernel.ports import Command
    from makery.sandbox.choose import choose

    files = tuple((p.name, p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.py")))
    command = Command(argv=("python3", *words), files=files)
    return asyncio.run(choose(unsafe_local=False).run(command)).stdout.strip() == output


def measure(kind: str, given: Iterable[Given], model: str | None, state: State) -> None:
    """Do what the state does not hold yet."""
    for task in given:
        for name, team in TEAMS[kind].items():
            if state.has(task.text, name):
                continue
            run = worked(kind, team(), task, model)
            right = run is not None and is_right(task, run)
            used = (run.used.calls, run.used.usage.total) if run else (0, 0)
            state.add(Outcome(task.text, name, right, *used))
            print(f"{name}: {'right' if right else 'wrong'}, {used[0]} calls: {task.text[:60]!r}", flush=True)


def report(kind: str, state: State, given: Sequence[Given], *, command: str) -> None:
    """Print a line for each way of working; with a command, keep the measures under it."""
    asked = {task.text for task in given}
    for name in TEAMS[kind]:
        mine = [o for o in state.outcomes if o.team == name and o.task in asked]
        share = sum(o.right for o in mine) / max(1, len(mine))
        calls, tokens = sum(o.calls for o in mine), sum(o.tokens for o in mine)
        print(f"{name}: {share:.2f} right of {len(mine)}, {calls} calls, {tokens} tokens")
        measures = (
            ("right", round(share, 3), "share"),
            ("calls", calls, "model calls"),
            ("tokens", tokens, "tokens"),
        )
        for what, value, unit in measures if command else ():
            record(f"{RECORDED[kind]}.{name}.{what}", value, unit, n=len(mine), command=command)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=tuple(TEAMS))
    parser.add_argument("--model", default=None)
    parser.add_argument("--n", type=int, default=5, help="problems of `debate`, programs of `codium`")
    parser.add_argument("--state", type=Path, default=None, help="where answers are kept")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    model = (given.model or "default").replace("/", "-").replace("@", "-at-")
    path = given.state or Path(__file__).with_name(f".societies-{given.kind}-{model}.jsonl")
    state, wanted = State(path), tasks(given.kind, given.n)
    measure(given.kind, wanted, given.model, state)
    command = f"python benchmarks/societies.py {' '.join(sys.argv[1:])}" if given.record else ""
    report(given.kind, state, wanted, command=command)


if __name__ == "__main__":
    main()
