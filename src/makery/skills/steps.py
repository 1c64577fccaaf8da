"""The steps of a check: the statements of its test function."""

import ast
from collections.abc import Iterable


def failed_step(code: str, line: int) -> ast.stmt | None:
    """The statement at a line of a check's code, as a result names it; None if there is none."""
    return next((step for step in _steps(code) if _reaches(step, line)), None)


def steps_until(code: str, line: int) -> str:
    """The steps up to the one at `line`, with it; all of them if no step is there.

    What comes after a failure was not reached: nobody knows whether it is right. The steps are shown
    without their function: a small model would give that back as the answer.
    """
    steps = _steps(code)
    end = next((number for number, step in enumerate(steps, start=1) if _reaches(step, line)), len(steps))
    return _written(steps[:end])


def steps_before(code: str, line: int) -> str:
    """The steps before the one at `line`, without assertions: how things came to that point."""
    return _written(step for step in _steps(code) if step.lineno < line and not isinstance(step, ast.Assert))


def cut_before(code: str, line: int) -> str:
    """The check without the step at `line` and what follows; '' if nothing is asserted before it."""
    tree = ast.parse(code)
    function = _function(tree)
    if function is None:
        return ""
    end = next((n for n, step in enumerate(function.body) if _reaches(step, line)), 0)
    function.body = function.body[:end]
    claims = any(isinstance(node, ast.Assert) for node in ast.walk(function))
    return ast.unparse(tree) + "\n" if claims else ""


def corrected(code: str, line: int, value: str) -> str:
    """The check with another value on the right of the equation that it asserts at `line`."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and _reaches(node, line) and isinstance(node.test, ast.Compare):
            node.test.comparators[-1] = ast.parse(value, mode="eval").body
    return ast.unparse(tree) + "\n"


def _steps(code: str) -> list[ast.stmt]:
    function = _function(ast.parse(code))
    return function.body if function else []


def _function(tree: ast.Module) -> ast.FunctionDef | None:
    """The last test function: a check has one."""
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
    return tests[-1] if tests else None


def _reaches(step: ast.stmt, line: int) -> bool:
    return step.lineno <= line <= (step.end_lineno or step.lineno)


def _written(steps: Iterable[ast.stmt]) -> str:
    return "\n".join(ast.unparse(step) for step in steps)
