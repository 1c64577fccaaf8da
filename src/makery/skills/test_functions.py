"""Reading test functions out of a model's Python."""

import ast
from collections.abc import Iterable, Iterator

from makery.kernel.documents import Target

HARNESS_FIXTURES = frozenset({"run", "page", "server", "tmp_path", "monkeypatch", "capsys"})


def default_modules(target: Target, *, seed: bool) -> list[str]:
    """The modules whose names every check of a program has.

    A repository that is changed keeps its own layout: its checks import what they need themselves.
    """
    modules = [path.removesuffix(".py") for path in target.entry if path.endswith(".py")]
    return modules if target.kind == "module" and not seed else []


def test_functions(
    source: str, modules: Iterable[str], prefix: str, known: str, *, named: str = "test"
) -> list[str]:
    """Each `test_…` function of a source as a module of its own, renamed `PREFIX_1`, `PREFIX_2` ….

    Those of a `class Test…` count if they do without the object; with `named`, only those called that way.

    Left out are functions that assert nothing or ask for fixtures that do not exist, and everything else
    that the source defines: a check must not bring its own copy of what it checks. A test that uses such a
    definition stays if the name is in `known`, the requirement's text: then the program has it.
    Of a source that was cut off, the functions before the cut count.
    """
    tree = _parsed(source)
    tests = [node for node in _functions(tree) if _is_test(node) and _is_called(node.name, named)]
    shared = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.Assign)]
    foreign = {name for name in _defined(tree) if name not in known}
    own = ["import pytest", *(f"from {module} import *" for module in modules)]
    head = list(dict.fromkeys([*own, *(ast.unparse(node) for node in shared)]))
    codes: list[str] = []
    for node in tests:
        if _names(node) & foreign:
            continue
        node.name, node.decorator_list = f"{prefix}_{len(codes) + 1}", []
        codes.append("\n".join(head) + "\n\n\n" + ast.unparse(node) + "\n")
    return codes


def _is_called(name: str, beginning: str) -> bool:
    """Whether a name begins with these words, and not with the number 12 where 1 is meant."""
    return name.startswith(beginning) and not name[len(beginning) : len(beginning) + 1].isdigit()


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions of a source, and the methods of its test classes that do without the object."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            methods = (inner for inner in node.body if isinstance(inner, ast.FunctionDef))
            yield from (method for method in methods if _stands_alone(method))


def _stands_alone(method: ast.FunctionDef) -> bool:
    """Whether a method is a function without its first argument, which is taken away then."""
    arguments = method.args.args
    if arguments and arguments[0].arg == "self" and "self" not in _names(method):
        del arguments[0]
    return not any(argument.arg == "self" for argument in arguments)


def _defined(tree: ast.Module) -> set[str]:
    """Classes and helper functions of a test source."""
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("test")
        and node.name not in HARNESS_FIXTURES
    }


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _parsed(source: str) -> ast.Module:
    """The tree of the longest beginning that parses and ends before a top-level line."""
    lines = source.splitlines()
    starts = [n for n, line in enumerate(lines) if line and not line[0].isspace()]
    for end in (len(lines), *reversed(starts)):
        try:
            return ast.parse("\n".join(lines[:end]))
        except (SyntaxError, ValueError):  # the latter for null bytes, before Python 3.11.4
            continue
    return ast.Module(body=[], type_ignores=[])


def _is_test(node: ast.FunctionDef) -> bool:
    return (
        node.name.startswith("test")
        and all(argument.arg in HARNESS_FIXTURES for argument in node.args.args)
        and any(_claims(inner) for inner in ast.walk(node))
    )


def _claims(node: ast.AST) -> bool:
    """An assertion, or `with pytest.raises(…)`; `assert True` claims nothing."""
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    return isinstance(node, ast.Attribute) and node.attr == "raises"
