"""Two runs side by side."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from makery.app.parts import Company
from makery.app.result import RunResult
from makery.app.run_steps import RunStep
from makery.durable.resume import History
from makery.kernel.artifact import Frozen
from makery.kernel.pool import Pool


class Fact(Frozen):
    """One property of both runs."""

    name: str
    a: str
    b: str


class Difference(Frozen):
    """A step of the one run, of the other, or of both with different results."""

    about: str
    role: str
    skill: str
    where: Literal["a", "b", "both"]
    """`a`, `b`: only there; `both`: with different results."""


class Comparison(Frozen):
    """What two runs have in common and what not."""

    a: str
    b: str
    facts: tuple[Fact, ...]
    same_steps: int
    """Steps that came to the same result in both."""
    steps: tuple[Difference, ...]
    program: str
    """Unified diff of the programs; '' if they are equal."""


def compared(
    results: tuple[RunResult, RunResult],
    steps: tuple[Sequence[RunStep], Sequence[RunStep]],
    programs: tuple[Mapping[str, str], Mapping[str, str]],
) -> Comparison:
    """The comparison of two runs, each given as result, steps, and the program's files."""
    one, other = results
    mine, theirs = ({step.act: step for step in some} for some in steps)
    same = [act for act in mine if act in theirs and mine[act].message == theirs[act].message]
    return Comparison(
        a=one.run_id,
        b=other.run_id,
        facts=tuple(_facts(one, other)),
        same_steps=len(same),
        steps=tuple(_differences(mine, theirs, frozenset(same))),
        program="".join(_diff(*programs)),
    )


def program_of(history: History, company: Company) -> Mapping[str, str]:
    """The files of the program that a run would deliver now."""
    if not history.messages:
        return {}
    program = company.best_program(Pool(history.messages))
    return program.as_mapping() if program else {}


def _facts(one: RunResult, other: RunResult) -> Iterator[Fact]:
    for name, of in (
        ("mode", lambda run: run.mode),
        ("model", lambda run: run.model),
        ("state", lambda run: run.state),
        ("verdict", lambda run: str(run.verdict or "")),
        ("calls", lambda run: str(run.used.calls)),
        ("tokens", lambda run: str(run.used.usage.total)),
        ("usd", lambda run: f"{run.used.usd:.4f}"),
        ("seconds", lambda run: f"{run.seconds:.0f}"),
    ):
        yield Fact(name=name, a=of(one), b=of(other))


def _differences(
    mine: Mapping[str, RunStep], theirs: Mapping[str, RunStep], same: frozenset[str]
) -> Iterator[Difference]:
    for act, step in {**theirs, **mine}.items():
        if act not in same:
            where = "both" if act in mine and act in theirs else "a" if act in mine else "b"
            sender, skill = step.message.sender, step.message.skill
            yield Difference(about=step.about, role=sender, skill=skill, where=where)


def _diff(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*one, *other}):
        before, after = (files.get(path, "").splitlines(keepends=True) for files in (one, other))
        yield from difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
