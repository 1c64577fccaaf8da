# ruff: noqa: E501 - the problems read better on one line
"""Twenty word problems with known answers, made by a fixed rule; and ten tasks that take several tools."""

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
