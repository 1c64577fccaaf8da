"""Measures societies on a real model: debate against votes, acting by code against tools, AlphaCodium's flow.

Usage: python benchmarks/societies.py debate|agents|codium [--model NAME] [--n N] [--state FILE] [--record]

    debate   N arithmetic problems: one answer; a debate of three in two rounds; a majority vote
    agents   ten tasks with three tools: ReAct and the code agent, model calls and right answers
    codium   N small programs with hidden examples: one answer; AlphaCodium's flow; a majority vote, in which
             independent programs vote on what is printed for each hidden example

A majority vote has as many answers as the tokens of the debate, or of the flow, on the same task pay for, at
the price of the one answer there: equal tokens, task by task. A run that the model or a limit ended counts as
wrong, with its tokens. Each outcome is kept in the state file (beside this program) as soon as it is there:
stopped at any instant, the same command goes on where it was. Prints one line for each way of working: share
right, model calls, tokens. With --record they are kept in summary.json as `debate.*`, `agents.*`,
`alphacodium.*`.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from arithmetic import TOOLS, Program, problems, programs, shop_tasks
from record import record

from makery import Factory, RunResult
from makery.app.options import BuildOptions, TeamOptions
from makery.app.parts import Society
from makery.kernel.errors import EnvironmentFailure, ProviderError
from makery.kernel.team import Team
from makery.teams.best_of_n import Lone
from makery.teams.code_act import code_act
from makery.teams.codium import codium
from makery.teams.debate import canonical, debate, debater, majority_vote
from makery.teams.react import react
from makery.teams.seats import member
from makery.tools.permission import Rule
from makery.tools.tool import function_tool

NAMES = tuple(tool.__name__ for tool in TOOLS)
CODER = member("agent", "You compute.", tools=NAMES, skills=("write_action", "run_action"))
CALLER = member("agent", "You answer with a number that you got from tools.", tools=NAMES)
ONE, VOTE = "one", "majority"
PROGRAM = None
"""In the place of a team: one engineer writes the program once, without a repair."""
TEAMS: dict[str, dict[str, Callable[[int], Team | None]]] = {
    "debate": {
        ONE: lambda _: majority_vote(debater("ada"), answers=1),
        "debate": lambda _: debate(debater("ada"), debater("bob"), debater("cleo"), rounds=2),
        VOTE: lambda answers: majority_vote(debater("ada"), answers=answers),
    },
    "agents": {"react": lambda _: react(CALLER), "code": lambda _: code_act(CODER)},
    "codium": {ONE: lambda _: PROGRAM, "codium": lambda _: codium(), VOTE: lambda _: PROGRAM},
}
"""By what is measured: ways of working, in the order in which they are tried on a task."""
RECORDED = {"debate": "debate", "agents": "agents", "codium": "alphacodium"}
MOST_ANSWERS = 30
"""Of a vote, whatever the tokens would pay for."""


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
    answers: int = 1
    """How many answers voted."""


class State:
    """The outcomes so far, one a line in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.outcomes = [Outcome(**json.loads(line)) for line in lines]

    def of(self, task: str, team: str) -> Outcome | None:
        """What came of it before."""
        found = (o for o in self.outcomes if (o.task, o.team) == (task, team))
        return next(found, None)

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


def affordable(kind: str, task: str, state: State) -> int:
    """How many answers the tokens of the debate, or the flow, pay for at the price of the one answer."""
    one, dear = state.of(task, ONE), state.of(task, kind)
    if one is None or dear is None or not one.tokens:
        return 1
    return min(MOST_ANSWERS, max(1, round(dear.tokens / one.tokens)))


def worked(kind: str, team: Team | None, task: Given, out: Path, model: str | None) -> RunResult:
    """What one team came to, or the engineer alone, who writes the program of the number that `out` is."""
    common = {"requirement": task.text, "out": out, "yes": True, "model": model}

    async def conduct() -> RunResult:
        if team is None:
            factory = Factory().with_company(Lone(1, first=int(out.name)))
            return await (await factory.start(BuildOptions(mode="direct", **common))).wait()
        tools = tuple(map(function_tool, TOOLS)) if kind == "agents" else ()
        rules = tuple(Rule(tool=tool.spec.name, decision="allow") for tool in tools)
        society = Society(team, tools, permissions=rules)
        return await (await Factory().start(TeamOptions(name=team.name, **common), society=society)).wait()

    return asyncio.run(conduct())


def outcome_of(kind: str, name: str, task: Given, model: str | None, answers: int) -> Outcome:
    """One task in one way of working; the programs of a vote are written one after the other."""
    count = answers if name == VOTE and task.program else 1
    with TemporaryDirectory(prefix="makery-societies-") as folder:
        runs = [
            worked(kind, TEAMS[kind][name](answers), task, Path(folder) / str(number), model)
            for number in range(count)
        ]
        for run in runs:
            if isinstance(run.error, EnvironmentFailure | ProviderError):
                raise run.error  # the machine's doing, not the team's
        calls, tokens = (sum(run.used.calls for run in runs), sum(run.used.usage.total for run in runs))
        return Outcome(task.text, name, is_right(task, runs), calls, tokens, answers if name == VOTE else 1)


def is_right(task: Given, runs: Sequence[RunResult]) -> bool:
    """Whether the answer, or what most programs print for each hidden example, is the right one."""
    if task.program is None:
        return canonical(runs[0].answer) == canonical(task.answer)
    return all(_voted(runs, words) == output for words, output in task.program.examples)


def _voted(runs: Sequence[RunResult], words: Sequence[str]) -> str:
    """What most programs print; of equals, the first. A program that fails has no vote."""
    printed = Counter(text for run in runs if (text := _printed(run.workspace, words)))
    return printed.most_common(1)[0][0] if printed else ""


def _printed(folder: Path, words: Sequence[str]) -> str:
    """What a delivered program prints in the sandbox; '' if it fails."""
    from makery.kernel.ports import Command
    from makery.sandbox.choose import choose

    files = tuple((p.name, p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.py")))
    ended = asyncio.run(choose(unsafe_local=False).run(Command(argv=("python3", *words), files=files)))
    return ended.stdout.strip() if ended.exit_status == 0 else ""


def measure(kind: str, given: Iterable[Given], model: str | None, state: State) -> None:
    """Do what the state does not hold yet."""
    for task in given:
        for name in TEAMS[kind]:
            if state.of(task.text, name):
                continue
            found = outcome_of(kind, name, task, model, affordable(kind, task.text, state))
            state.add(found)
            verdict = "right" if found.right else "wrong"
            print(
                f"{name}: {verdict}, {found.calls} calls, {found.tokens} tokens: {task.text[:60]!r}",
                flush=True,
            )


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
            *((("answers", sum(o.answers for o in mine), "answers that voted"),) if name == VOTE else ()),
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
    path = given.state or Path(__file__).with_name(f".societies-equal-{given.kind}-{model}.jsonl")
    state, wanted = State(path), tasks(given.kind, given.n)
    measure(given.kind, wanted, given.model, state)
    command = f"python benchmarks/societies.py {' '.join(sys.argv[1:])}" if given.record else ""
    report(given.kind, state, wanted, command=command)


if __name__ == "__main__":
    main()
