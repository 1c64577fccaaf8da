"""Probes: calls of a program's functions with inputs near those of its checks, to see what comes out.

Programs that were written independently and answer alike are probably right; those that differ are not all
right. (Clustering by behaviour: AlphaCode, Li et al. 2022; agreement of solutions: CodeT, Chen et al. 2022.)
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from typing import Any

from makery.kernel.documents import Check, CheckResult

ERRORS = re.compile(
    r"(?i:\b(?:rais(?:e|es|ed|ing)|throws?|errors?|exceptions?|invalid)\b)|(?:Error|Exception)\b|异常|抛出|报错|错误"
)
MOST_PROBES = 24
LONGEST_CALL = 300
"""Characters; a longer input is shown by a shorter one."""


def probes(checks: Iterable[Check]) -> tuple[Check, ...]:
    """A probe for each call in the checks and for calls near them, those of the checks first.

    The id of a probe is its call. Only functions called by name with literal arguments are probed.
    """
    calls: dict[str, Check] = {}
    found = [(call, head) for check in checks for call, head in _calls(check)]
    for call, head in found:
        calls.setdefault(ast.unparse(call), _probe(ast.unparse(call), head))
    rounds = [[(near, head) for near in _near(call)] for call, head in found]
    for turn in range(max(map(len, rounds), default=0)):
        for nearby in rounds:
            if turn < len(nearby):
                text, head = nearby[turn]
                calls.setdefault(text, _probe(text, head))
    return tuple(probe for text, probe in calls.items() if len(text) <= LONGEST_CALL)[:MOST_PROBES]


def answer(result: CheckResult, *, errors: bool) -> str:
    """What a probe showed; '' for an error, or no end, where the requirement speaks of no `errors`."""
    if result.observed and (errors or not result.observed.startswith("raises ")):
        return result.observed
    return result.outcome if errors else ""


def names_errors(requirement: str) -> bool:
    """Whether a requirement says that something is an error."""
    return ERRORS.search(requirement) is not None


def _probe(call: str, head: str) -> Check:
    imports = [f"    {line}" for line in head.splitlines()]
    code = "\n".join(["def test_probe(observe):", *imports, f"    observe(lambda: {call})"]) + "\n"
    return Check(id=call, clauses=(), code=code)


def _calls(check: Check) -> Iterator[tuple[ast.Call, str]]:
    """Calls with literal arguments of a check, each with the imports that it needs."""
    tree = ast.parse(check.code)
    imports = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "pytest"
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and not node.keywords:
            source = _source(imports, node.func.id)
            if source and all(_value(argument) is not _NONE for argument in node.args):
                yield node, f"from {source} import {node.func.id}"


def _source(imports: Iterable[ast.ImportFrom], name: str) -> str:
    """The module that a name is imported from; '' if it is a builtin or the check's own."""
    if hasattr(builtins, name):
        return ""
    for node in imports:
        if any(alias.name in (name, "*") and alias.asname is None for alias in node.names):
            return node.module or ""
    return ""


_NONE = object()


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError):
        return _NONE


def _near(call: ast.Call) -> list[str]:
    """The call with one argument changed a little, in each way that fits its type."""
    values = [ast.literal_eval(argument) for argument in call.args]
    name = ast.unparse(call.func)
    return [
        f"{name}({', '.join(repr(other if n == place else value) for n, value in enumerate(values))})"
        for place, argument in enumerate(values)
        for other in _variants(argument)
    ]


def _variants(value: Any) -> Iterator[Any]:
    """Values of the same type at the places where programs differ: ends, empty, doubled, reversed."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0, 1, -value, value * 2)
    elif isinstance(value, float):
        yield from (value + 0.5, 0.0, -value, value * 2)
    elif isinstance(value, str):
        yield from (value[::-1], value[: len(value) // 2], value.swapcase(), value + value, f"{value} ", "")
    elif isinstance(value, list | tuple):
        yield from (value[::-1], value[: len(value) // 2], value * 2, value[:1], value[:0])
    elif isinstance(value, dict) and value:
        items = list(value.items())
        yield from (dict(items[::-1]), dict(items[1:]))
