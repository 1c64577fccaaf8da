"""The societies that are recorded: who does what, and when it is right. `record_society.py` records them.

A society works if its run came to its own end without an error and its check here holds. The checks were
written before the runs.
"""

import ast
import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROWS = tuple(f"B{number}" for number in range(2, 17))
"""The systems, as the mission counts them."""


@dataclass(frozen=True)
class Came:
    """What came of a run."""

    answer: str
    """What the team came to."""
    turns: tuple[dict[str, object], ...]
    """The lines of `.makery/dialogue.jsonl`."""
    folder: Path

    def file(self, name: str) -> str:
        """The text of a file that the team wrote; '' if it did not."""
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def said(self, *roles: str) -> list[str]:
        """What those roles said, or all."""
        return [str(turn.get("text", "")) for turn in self.turns if not roles or turn["role"] in roles]

    @property
    def numbers(self) -> list[str]:
        """The numbers of the answer, as they are written but for separators of thousands."""
        return re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3})", "", self.answer))


@dataclass(frozen=True)
class Recorded:
    """A team and what it is given to do."""

    row: str
    """One of `ROWS`."""
    name: str
    """Of the recording."""
    page: str
    """In docs/societies/, that shows it."""
    task: str
    wants: str
    """The check in words."""
    holds: Callable[[Came], bool]
    """The check."""
    team: str = ""
    """A name of `makery team list`, or a file below docs/societies/; '' for `name`."""
    given: tuple[str, ...] = ()
    """Files of docs/societies/given/ that are handed in."""
    browser: bool = False
    """Ordered as the web page of agents orders it."""
    plugin: bool = False
    """Needs the package in examples/plugin/."""
    calls: int = 80
    """Most model calls."""


def _primes(came: Came) -> bool:
    return " 2 3 5 7 11 13 17 19 23 29 " in f" {' '.join(came.numbers)} "


def _sum_of_squares(came: Came) -> bool:
    primes = [n for n in range(2, 230) if all(n % d for d in range(2, n))][:50]
    return came.numbers[-1:] == [str(sum(n * n for n in primes))]


def _planned(came: Came) -> bool:
    return sum(bool("".join(came.said(role)).strip()) for role in ("planner", "worker", "critic")) >= 2


def _average(came: Came) -> bool:
    blocks = re.findall(r"```(?:python)?\n(.*?)```", "\n".join(came.said("programmer")), re.DOTALL)
    code = next((block for block in reversed(blocks) if "def moving_average" in block), "")
    return _parses(code) and _prints(f"{code}\nprint(moving_average([1, 2, 3, 4], 2))\n").endswith(
        "[1.5, 2.5, 3.5]"
    )


def _rules(came: Came) -> bool:
    return len([line for line in came.file("rules.md").splitlines() if line.strip()]) >= 3


def _roman(came: Came) -> bool:
    code = came.file("roman.py")
    told = {"4": "IV", "1990": "MCMXC", "3999": "MMMCMXCIX"}
    return bool(code) and all(_prints(code, number) == numeral for number, numeral in told.items())


def _invoices(came: Came) -> bool:
    names = [word for word in re.split(r"[\s,]+", came.file("found.txt")) if word]
    return sorted(names) == ["joiner.txt", "roof.txt"]


def _lived(came: Came) -> bool:
    told = came.answer.splitlines()
    hours = (f"{hour:02}:00 {name} (" for hour in range(8, 12) for name in ("mara", "jon", "vera"))
    return all(any(line.startswith(start) for line in told) for start in hours)


def _parses(code: str) -> bool:
    try:
        return bool(ast.parse(code).body)
    except SyntaxError:
        return False


def _prints(code: str, *words: str) -> str:
    """What a program prints in the sandbox."""
    from makery.kernel.ports import Command
    from makery.sandbox.choose import choose

    command = Command(argv=("python3", "main.py", *words), files=(("main.py", code),))
    return asyncio.run(choose(unsafe_local=False).run(command)).stdout.strip()


SOCIETIES = (
    Recorded(
        "B2",
        "coder_executor",
        "group_chat",
        "Print the first ten prime numbers.",
        "the program, when it was run, printed the ten primes",
        _primes,
    ),
    Recorded(
        "B2",
        "panel",
        "group_chat",
        "Plan a birthday party for six in three steps.",
        "at least two of the three spoke",
        _planned,
    ),
    Recorded(
        "B3",
        "role_play",
        "role_play",
        "Write a Python function moving_average(prices, n) that returns the list of the averages of each n "
        "prices in a row.",
        "the programmer's last function gives [1.5, 2.5, 3.5] for ([1, 2, 3, 4], 2)",
        _average,
    ),
    Recorded(
        "B4",
        "debate",
        "debate",
        "What is 17 * 23 - 4 * 6?",
        "the answer is 367",
        lambda came: came.numbers == ["367"],
    ),
    Recorded(
        "B5",
        "task_list",
        "task_list",
        "Write a one-page guide to making tea in guide.md.",
        "guide.md has at least 200 characters and speaks of tea and water",
        lambda came: (
            len(came.file("guide.md")) >= 200
            and {"tea", "water"} <= set(re.findall(r"\w+", came.file("guide.md").lower()))
        ),
    ),
    Recorded(
        "B6",
        "goal",
        "goal_loop",
        "Find which of the files here mention an invoice, and write the names of those files into found.txt, "
        "one a line.",
        "found.txt names joiner.txt and roof.txt and nothing else",
        _invoices,
        given=("joiner.txt", "letter.txt", "roof.txt"),
    ),
    Recorded(
        "B7",
        "agent",
        "agent",
        "Write three rules for safe passwords into rules.md.",
        "rules.md has at least three lines",
        _rules,
        team="task_list",
        browser=True,
    ),
    Recorded(
        "B8",
        "react",
        "react",
        "Read prices.txt. Which thing costs most, and how much?",
        "the file was read by a tool, and the answer says lamp and 20",
        lambda came: (
            "lamp" in came.answer.lower()
            and any(float(number) == 20 for number in came.numbers)
            and any("calls" in turn for turn in came.turns)
        ),
        given=("prices.txt",),
    ),
    Recorded(
        "B9",
        "code_agent",
        "code_agent",
        "What is the sum of the squares of the first 50 primes?",
        "the answer is the right number",
        _sum_of_squares,
    ),
    Recorded(
        "B10",
        "interpreter",
        "interpreter",
        "Which day of the week was 9 May 2024?",
        "code was run, and the answer says Thursday",
        lambda came: "Thursday" in came.answer and any(turn["skill"] == "run_cell" for turn in came.turns),
    ),
    Recorded(
        "B11",
        "shop",
        "tools",
        "What do three books and two pens cost together?",
        "a tool of the MCP server was used, and the answer says 39",
        lambda came: (
            any(float(number) == 39 for number in came.numbers)
            and any("calls" in turn for turn in came.turns)
        ),
        team="given/shop.yaml",
    ),
    Recorded(
        "B12",
        "writer_critic",
        "team_files",
        "A paragraph on why bees matter.",
        "there is a text of at least 100 characters on bees",
        lambda came: len(came.answer) >= 100 and "bees" in came.answer.lower(),
    ),
    Recorded(
        "B13",
        "task_graph",
        "task_graph",
        "Compute 17 * 23 with Python, then write the result into result.txt.",
        "result.txt holds 391",
        lambda came: "391" in re.findall(r"\d+", came.file("result.txt")),
    ),
    Recorded(
        "B14",
        "town",
        "characters",
        "A small town by a river, on a warm day in May.",
        "all four hours passed, and each of the three was somewhere in each of them",
        _lived,
        calls=150,
    ),
    Recorded(
        "B14",
        "werewolf",
        "characters",
        "Play one game.",
        "one side won",
        lambda came: bool(came.answer) and "won on day" in str(came.turns[-1].get("reason", "")),
        calls=200,
    ),
    Recorded(
        "B15",
        "codium",
        "codium",
        "A command-line program `python roman.py N` prints N (1 to 3999) as a Roman numeral. For example "
        "`python roman.py 14` prints `XIV`.",
        "the program prints IV, MCMXC and MMMCMXCIX for 4, 1990 and 3999, of which it was told nothing",
        _roman,
    ),
    Recorded(
        "B16",
        "proofreaders",
        "templates",
        "Their is two mistake in this sentence.",
        "the corrector said: There are two mistakes in this sentence",
        lambda came: any(
            "There are two mistakes in this sentence" in text for text in came.said("corrector")
        ),
        plugin=True,
    ),
)
