"""When an answer counts as right: the rules of EvalPlus for its two sets, in our own words.

Source: github evalplus/evalplus, `evalplus/eval/__init__.py` and `_special_oracle.py`, commit 26d6d00b
(Apache-2.0). numpy is not needed: `close` follows `numpy.allclose`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

RELATIVE = 1e-07
"""The default of numpy's `assert_allclose`, which EvalPlus takes."""
ABSOLUTE = 1e-6
"""Where the data name no tolerance and a float is expected."""


def right(name: str, inputs: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """Whether `got` counts as right by the oracle of that name."""
    return _ORACLES[name](inputs, got, expected, tolerance)


def _equal(_: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    if bool(got == expected):
        return True
    allowed = tolerance or (ABSOLUTE if _floats(expected) else 0.0)
    return bool(allowed) and type(got) is type(expected) and close(got, expected, allowed)


def close(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether numbers, or sequences of them, are equal within the tolerance."""
    if isinstance(expected, list | tuple):
        same = isinstance(got, list | tuple) and len(got) == len(expected)
        return same and all(close(g, e, tolerance) for g, e in zip(got, expected, strict=True))
    if not (isinstance(got, int | float | complex) and isinstance(expected, int | float | complex)):
        return bool(got == expected)
    return bool(got == expected or abs(got - expected) <= tolerance + RELATIVE * abs(expected))


def _floats(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _anything(_: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """Mbpp/164: the sentence does not say what is meant; EvalPlus takes every answer."""
    return True


def _or_zero(inputs: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """Mbpp/295."""
    return _equal(inputs, got, expected, tolerance) or got == 0


def _same_set(_: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """The order is not asked for."""
    return set(got) == set(expected)


def _is_found(_: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """A match object is as good as True; what the reference gives is one or None."""
    wanted = expected is not None and expected is not False
    return got is wanted if isinstance(got, bool) else wanted == (got is not None)


def _is_root(inputs: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """HumanEval/32: any zero of the polynomial."""
    return abs(sum(factor * math.pow(got, power) for power, factor in enumerate(inputs[0]))) <= tolerance


def _surface(inputs: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """Mbpp/581: the second argument may be read as the pyramid's own height, too."""
    base, height = inputs
    slant = math.sqrt((base / 2) ** 2 + height**2)
    other = round(base**2 + 2 * base * slant)
    return _equal(inputs, got, expected, tolerance) or abs(got - other) <= tolerance


def _digit_distance(inputs: Sequence[Any], got: Any, expected: Any, tolerance: float) -> bool:
    """Mbpp/558: digit by digit, the shorter number filled up with zeros, is right, too."""
    width = max(len(str(number)) for number in inputs)
    one, other = (str(number).zfill(width) for number in inputs)
    distance = sum(abs(int(a) - int(b)) for a, b in zip(one, other, strict=True))
    return _equal(inputs, got, expected, tolerance) or got == distance


_ORACLES: dict[str, Callable[[Sequence[Any], Any, Any, float], bool]] = {
    "equal": _equal,
    "anything": _anything,
    "or_zero": _or_zero,
    "same_set": _same_set,
    "is_found": _is_found,
    "is_root": _is_root,
    "surface": _surface,
    "digit_distance": _digit_distance,
}
