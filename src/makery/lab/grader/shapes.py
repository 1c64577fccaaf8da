"""Inputs that JSON cannot hold, made again from what it can: tuples, sets, complex numbers.

Which task needs which shape: `makery.lab.suites.mbpp_plus`. Source: github evalplus/evalplus,
`evalplus/data/mbpp.py`, commit 26d6d00b (Apache-2.0).
"""

from collections.abc import Callable
from typing import Any

Arguments = list[Any]


def shaped(name: str, given: Arguments) -> Arguments:
    """The arguments in the shape of that name; '' leaves them as they are."""
    return _SHAPES[name](given) if name else given


def _deep(value: Any) -> Any:
    return tuple(_deep(item) for item in value) if isinstance(value, list) else value


def _tuples(given: Arguments) -> Arguments:
    return [tuple(item) for item in given]


def _lists_of_tuples(given: Arguments) -> Arguments:
    return [[tuple(item) for item in items] for items in given]


def _first_list_of_tuples(given: Arguments) -> Arguments:
    return [[tuple(item) for item in given[0]], given[1]]


def _first_tuple(given: Arguments) -> Arguments:
    return [tuple(given[0]), *given[1:]]


def _second_tuple(given: Arguments) -> Arguments:
    return [given[0], tuple(given[1])]


def _tuples_of_tuples(given: Arguments) -> Arguments:
    return [tuple(tuple(item) for item in items) for items in given]


def _tuples_of_mixed(given: Arguments) -> Arguments:
    return [tuple(tuple(item) if isinstance(item, list) else item for item in given[0])]


def _sets(given: Arguments) -> Arguments:
    return [[set(item) if isinstance(item, list) and item else {} for item in given[0]]]


def _float_and_complex(given: Arguments) -> Arguments:
    return [float(given[0]), complex(given[1])]


def _complex(given: Arguments) -> Arguments:
    return [complex(given[0])]


def _values_tuples(given: Arguments) -> Arguments:
    return [{key: tuple(value) for key, value in given[0].items()}, *given[1:]]


def _all_tuples(given: Arguments) -> Arguments:
    return [_deep(item) for item in given]


_SHAPES: dict[str, Callable[[Arguments], Arguments]] = {
    "tuples": _tuples,
    "lists_of_tuples": _lists_of_tuples,
    "first_list_of_tuples": _first_list_of_tuples,
    "first_tuple": _first_tuple,
    "second_tuple": _second_tuple,
    "tuples_of_tuples": _tuples_of_tuples,
    "tuples_of_mixed": _tuples_of_mixed,
    "sets": _sets,
    "float_and_complex": _float_and_complex,
    "complex": _complex,
    "values_tuples": _values_tuples,
    "all_tuples": _all_tuples,
}
