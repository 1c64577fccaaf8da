# ruff: noqa: E501 - a table of three
"""Measures societies on a real model: debate against votes, and acting by code against calling tools.

Usage: python benchmarks/societies.py debate|agents [--model NAME] [--n N] [--record]

    debate   N arithmetic problems: one answer; a majority of six; a debate of three in two rounds
    agents   ten tasks with three tools: ReAct and the code agent, model calls and right answers

Prints one line for each: share right, model calls, tokens. With --record they are kept in summary.json as
`debate.*` and `agents.*`. The tasks are those of arithmetic.py, the same for all.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from arithmetic import TOOLS, Problem, problems, shop_tasks
from record import record

from makery import Factory, RunResult
from makery.kernel.team import Team
from makery.teams.code_act import code_act
from makery.teams.debate import canonical, debate, debater, majority_vote
from makery.teams.react import react
from makery.teams.seats import member

NAMES = tuple(tool.__name__ for tool in TOOLS)
CODER = member("agent", "You compute.", tools=NAMES, skills=("write_action", "run_action"))
CALLER = member("agent", "You answer with a number that you got from tools.", tools=NAMES)
TEAMS: dict[str, dict[str, Callable[[], Team]]] = {
    "debate": {
        "one": lambda: majority_vote(debater("ada"), answers=1),
        "majority": lambda: majority_vote(debater("ada"), answers=6),
        "debate": lambda: debate(debater("ada"), debater("bob"), debater("cleo"), rounds=2),
    },
    "agents": {"react": lambda: react(CALLER), "code": lambda: code_act(CODER)},
}


@dataclass
class Score:
    """How one way of working did."""

    right: int = 0
    asked: int = 0
    calls: int = 0
    tokens: int = 0

    def add(self, problem: Problem, run: RunResult | None) -> None:
        """Count a run; None is one that failed."""
        self.asked += 1
        if run is not None:
            self.right += canonical(run.answer) == canonical(problem.answer)
            self.calls += run.used.calls
            self.tokens += run.used.usage.total


def measured(kind: str, tasks: Iterable[Problem], model: str | None) -> dict[str, Score]:
    """Give the score of each team on the same tasks."""
    from makery.kernel.errors import ModelError

    given = list(tasks)
    scores = {name: Score() for name in TEAMS[kind]}
    for problem in given:
        for name, team in TEAMS[kind].items():
            try:
                run = Factory().converse(
                    team(), problem.text, tools=TOOLS if kind == "agents" else (), model=model, yes=True
                )
            except ModelError:
                run = None
            scores[name].add(problem, run)
            print(f"{name}: {run.answer if run else 'failed'!r}, right is {problem.answer}", flush=True)
    return scores


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=tuple(TEAMS))
    parser.add_argument("--model", default=None)
    parser.add_argument("--n", type=int, default=20, help="problems of `debate`")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    tasks = problems(given.n) if given.kind == "debate" else shop_tasks()
    for name, score in measured(given.kind, tasks, given.model).items():
        share = score.right / score.asked
        print(f"{name}: {share:.2f} right of {score.asked}, {score.calls} calls, {score.tokens} tokens")
        if given.record:
            command = f"python benchmarks/societies.py {given.kind} --n {given.n} --record"
            for what, value, unit in (
                ("right", round(share, 3), "share"), ("calls", score.calls, "model calls"), ("tokens", score.tokens, "tokens"),
            ):  # fmt: skip
                record(f"{given.kind}.{name}.{what}", value, unit, n=score.asked, command=command)


if __name__ == "__main__":
    main()
