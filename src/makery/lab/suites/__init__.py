"""The suites by name. What each shows a run is in docs/evaluation.md."""

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from makery.kernel.errors import InputError
from makery.lab.suites import functions, plus, programs
from makery.lab.suites.data import located
from makery.lab.task import Task


@dataclass(frozen=True)
class Suite:
    """How a suite's data are found and read."""

    name: str
    folder: str
    file: str
    """'' where every task is a folder."""
    read: Callable[[Path], Iterator[Task]]
    shown: str
    """What a run is given, in a line."""

    def tasks(self, data: Path) -> tuple[Task, ...]:
        """All tasks, ordered by the SHA-1 of their id, so that any first N are a fixed random sample.

        Raises:
            InputError: the data are not there, or not in the suite's form.
        """
        path = located(data, self.folder, self.file)
        try:
            return by_digest(self.read(path))
        except (KeyError, TypeError, IndexError, SyntaxError, OSError, ValueError) as error:
            raise InputError(
                f"{path.as_posix()!r} is not in the form of the suite {self.name!r}: "
                f"{type(error).__name__}: {error}."
            ) from error


def by_digest(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The tasks in the order of the SHA-1 of their ids."""
    return tuple(sorted(tasks, key=lambda task: hashlib.sha1(task.id.encode()).hexdigest()))  # noqa: S324


SUITES: tuple[Suite, ...] = (
    Suite("factorybench", "factorybench", "", programs.factorybench, "requirement.md; the seed of a change"),
    Suite("humaneval", "humaneval", "HumanEval.jsonl", functions.humaneval, "signature and docstring"),
    Suite(
        "humaneval_plus",
        "humaneval_plus",
        "HumanEvalPlus.jsonl.gz",
        plus.humaneval_plus,
        "signature and docstring",
    ),
    Suite("mbpp", "mbpp", "sanitized-mbpp.json", functions.mbpp, "text, function name, number of arguments"),
    Suite("mbpp_plus", "mbpp_plus", "MbppPlus.jsonl.gz", plus.mbpp_plus, "text with its first assertion"),
    Suite("classeval", "classeval", "classeval.jsonl", programs.classeval, "skeleton with docstrings"),
    Suite(
        "exercism",
        "exercism_python",
        "exercism_python.jsonl",
        programs.exercism,
        "introduction, instructions, stub",
    ),
    Suite("softwaredev", "softwaredev", "softwaredev.jsonl", programs.softwaredev, "the prompt"),
)


def suite(name: str) -> Suite:
    """The suite of that name.

    Raises:
        InputError: there is none; names the nearest.
    """
    found = {one.name: one for one in SUITES}
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(found)}."
    raise InputError(f"No suite is called {name!r}.", remedy=remedy)


def chosen(tasks: Sequence[Task], ids: Sequence[str], first: int | None) -> tuple[Task, ...]:
    """The tasks of those ids, or the first so many, or all.

    Raises:
        InputError: an id is none of the suite's; names the nearest.
    """
    known = {task.id: task for task in tasks}
    for wanted in ids:
        if wanted not in known:
            near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.3)
            raise InputError(
                f"No task has the id {wanted!r}.", remedy=f"Did you mean {near[0]!r}?" if near else ""
            )
    return tuple(known[wanted] for wanted in dict.fromkeys(ids)) if ids else tuple(tasks[:first])
