"""Where a list is cut into pages: what the lists of the API have in common."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from makery.client import wire

T = TypeVar("T")

After = Annotated[
    str,
    Query(
        max_length=80,
        pattern=r"^[0-9A-Za-z_.-]*$",
        description="`next` of the page before; empty for the first page.",
        examples=["01kb3v2m5q7r9"],
    ),
]
Most = Annotated[int, Query(ge=1, le=500, description="Items on a page.")]


def page_of(items: Sequence[T], place: Callable[[T], str], after: str, most: int) -> wire.Page[T]:
    """The items after a place, in the order of their places, which differ."""
    left = sorted((item for item in items if place(item) > after), key=place)
    shown = tuple(left[:most])
    return wire.Page(items=shown, next=place(shown[-1]) if len(left) > most else "")
