"""HumanEval and MBPP: single functions with assertions.

HumanEval: github openai/human-eval (MIT). MBPP: sanitized-mbpp.json of google-research (CC BY 4.0).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from makery.kernel.errors import InputError
from makery.lab.suites.data import Row, rows
from makery.lab.task import Cases, Task

MODULE = "solution"
FILE = f"{MODULE}.py"


def humaneval(path: Path) -> Iterator[Task]:
    """The run sees signature and docstring; each top-level statement of `check` that asserts is a case."""
    for row in rows(path):
        statements = _check_body(row)
        yield Task(
            id=row["task_id"],
            requirement=completing(row["entry_point"], row["prompt"]),
            entry=(FILE,),
            tests=Cases(
                module=MODULE,
                entry_point=row["entry_point"],
                count=(count := _asserting(statements)),
                base=count,
                setup=row["prompt"],
                statements=statements,
            ),
            reference=((FILE, row["prompt"] + row["canonical_solution"]),),
        )


def completing(function: str, prompt: str) -> str:
    """The requirement made of a HumanEval prompt."""
    code = prompt.strip("\n")
    return f"Complete the function `{function}` in the Python module `{FILE}`:\n\n```python\n{code}\n```\n"


def mbpp(path: Path) -> Iterator[Task]:
    """The run sees the text, the function's name and how many arguments it takes, and no assertion."""
    for row in rows(path):
        name, arguments = called(row["test_list"][0], row["code"])
        tests = tuple(row["test_list"])
        yield Task(
            id=str(row["task_id"]),
            requirement=f"Write the Python module `{FILE}` with the function `{name}`, "
            f"which takes {_count(arguments)}: {row['prompt']}\n",
            entry=(FILE,),
            tests=Cases(
                module=MODULE,
                entry_point=name,
                count=len(tests),
                base=len(tests),
                setup="\n".join(row["test_imports"]),
                statements=tests,
            ),
            reference=((FILE, row["code"]),),
        )


def called(assertion: str, solution: str) -> tuple[str, int]:
    """Name and number of arguments of the solution's function that an assertion calls.

    Raises:
        InputError: it calls none.
    """
    defined = {node.name for node in ast.walk(ast.parse(solution)) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(ast.parse(assertion)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined:
            return node.func.id, len(node.args) + len(node.keywords)
    raise InputError(f"The assertion {assertion!r} calls no function of its solution.")


def _count(arguments: int) -> str:
    return f"{arguments} argument{'' if arguments == 1 else 's'}"


def _check_body(row: Row) -> tuple[str, ...]:
    """The statements of a HumanEval test: what stands beside `check`, then what is in it."""
    tree = ast.parse(row["test"])
    outside = [node for node in tree.body if not _is_check(node)]
    inside = [
        part
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and _is_check(node)
        for part in node.body
    ]
    return tuple(ast.unparse(node) for node in (*outside, *inside))


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "check"


def _asserting(statements: tuple[str, ...]) -> int:
    return sum(any(isinstance(n, ast.Assert) for n in ast.walk(ast.parse(code))) for code in statements)
