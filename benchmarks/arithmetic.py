# ruff: noqa: E501 - the problems read better on one line
"""Word problems with known answers, made by a fixed rule; tasks that take several tools; small programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

SEED = 7


@dataclass(frozen=True)
class Problem:
    """A problem and its answer."""

    text: str
    answer: str


def problems(count: int = 20) -> Iterator[Problem]:
    """Give problems of two to four steps."""
    rng = Random(SEED)
    for _ in range(count):
        a, b, c, d = (rng.randint(3, 29) for _ in range(4))
        kind = rng.randrange(4)
        if kind == 0:
            text = f"A shop has {a} boxes of {b} pens. It sells {c} pens, then {d} more come. How many pens has it?"
            yield Problem(text, str(a * b - c + d))
        elif kind == 1:
            text = f"What is {a} + {b} * {c} - {d}?"
            yield Problem(text, str(a + b * c - d))
        elif kind == 2:
            text = f"A train takes {a} people. At each of {b} stops {c} get on and {min(c, d)} get off. How many are in it then?"
            yield Problem(text, str(a + b * (c - min(c, d))))
        else:
            text = f"Ann is {a} years older than Bob, who is {b}. In {c} years, how old are both together?"
            yield Problem(text, str(a + 2 * b + 2 * c))


@dataclass(frozen=True)
class Program:
    """A small program and examples of it that whoever writes it does not see."""

    text: str
    examples: tuple[tuple[tuple[str, ...], str], ...]
    """Words of the command line after `python3`, and what it prints."""


def programs() -> Iterator[Program]:
    """Give five programs, each with one example in its text and others hidden."""
    yield Program(
        "A command-line program `python roman.py N` prints N (1 to 3999) as a Roman numeral. For example `python roman.py 14` prints `XIV`.",
        ((("roman.py", "4"), "IV"), (("roman.py", "1990"), "MCMXC"), (("roman.py", "3999"), "MMMCMXCIX")),
    )
    yield Program(
        "A command-line program `python runs.py TEXT` prints TEXT with each run of equal characters as the character and the run's length. For example `python runs.py aaab` prints `a3b1`.",
        ((("runs.py", "zz"), "z2"), (("runs.py", "abba"), "a1b2a1"), (("runs.py", "xxxxxxxxxxxx"), "x12")),
    )
    yield Program(
        "A command-line program `python change.py CENTS` prints the fewest coins of 50, 20, 10, 5, 2 and 1 cents that make CENTS, largest first, separated by spaces. For example `python change.py 27` prints `20 5 2`.",
        ((("change.py", "1"), "1"), (("change.py", "99"), "50 20 20 5 2 2"), (("change.py", "40"), "20 20")),
    )
    yield Program(
        "A command-line program `python brackets.py TEXT` prints `yes` if all brackets ()[]{} in TEXT are closed in the right order, else `no`. For example `python brackets.py (a[b])` prints `yes`.",
        ((("brackets.py", "([)]"), "no"), (("brackets.py", "{[()]}x"), "yes"), (("brackets.py", "(("), "no")),
    )
    yield Program(
        "A command-line program `python week.py DAY N` prints the day of the week N days after DAY (Mon, Tue, Wed, Thu, Fri, Sat, Sun); N may be negative. For example `python week.py Mon 3` prints `Thu`.",
        (
            (("week.py", "Sun", "1"), "Mon"),
            (("week.py", "Mon", "-1"), "Sun"),
            (("week.py", "Fri", "100"), "Sun"),
        ),
    )


STOCK = {"pen": 10, "book": 2, "lamp": 7, "cup": 31, "desk": 4}
PRICE = {"pen": 1.5, "book": 12.0, "lamp": 20.0, "cup": 3.25, "desk": 140.0}


def stock(thing: str) -> int:
    """Tell how many of a thing the shop has.

    Args:
        thing: pen, book, lamp, cup or desk
    """
    return STOCK[thing]


def price(thing: str) -> float:
    """Tell what one of a thing costs.

    Args:
        thing: pen, book, lamp, cup or desk
    """
    return PRICE[thing]


def discount(total: float) -> float:
    """Tell what is to be paid for a total after the shop's discount.

    Args:
        total: the sum before the discount
    """
    return round(total * 0.9, 2) if total >= 100 else total


TOOLS = (stock, price, discount)


def shop_tasks() -> Iterator[Problem]:
    """Give ten tasks that each take several of the three tools."""
    for thing in STOCK:
        total = STOCK[thing] * PRICE[thing]
        yield Problem(
            f"What does it cost to buy every {thing} of the shop, after the discount?",
            _number(discount(total)),
        )
    for one, other in zip(STOCK, [*list(STOCK)[1:], "pen"], strict=True):
        total = 3 * PRICE[one] + 2 * PRICE[other]
        yield Problem(
            f"What is to be paid for 3 of {one} and 2 of {other}, after the discount?",
            _number(discount(total)),
        )


def _number(value: float) -> str:
    return f"{value:g}"
