"""The same program with no behaviour: what a check that passes on it does not prove."""

import ast
from collections.abc import Mapping

from makery.languages.python.findings import is_test
from makery.languages.python.names import parse, trees


def stub(files: Mapping[str, str]) -> dict[str, str]:
    """Each Python file with its imports, classes, fields and constants, and functions that return None."""
    functions = {
        node.name
        for tree in trees(files).values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {
        path: _empty(text, functions) if path.endswith(".py") and not is_test(path) else text
        for path, text in files.items()
    }


def _empty(text: str, functions: set[str]) -> str:
    tree = parse(text)
    if tree is None:
        return ""
    emptied = _Emptier(functions).visit(tree)
    emptied.body = [node for node in emptied.body if _declares(node)]
    return f"{ast.unparse(ast.fix_missing_locations(emptied))}\n"


def _declares(node: ast.stmt) -> bool:
    """Whether a statement at the top of a file only says what there is."""
    if isinstance(node, ast.Try):
        return any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in node.body)
    if isinstance(node, ast.If):
        return any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in node.body)
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, (*kinds, ast.Assign, ast.AnnAssign)) or _is_docstring(node)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class _Emptier(ast.NodeTransformer):
    """Empties functions, and values and decorators that calling an emptied function would break."""

    def __init__(self, functions: set[str]) -> None:
        self._functions = functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [ast.Return(value=ast.Constant(value=None))]
        node.decorator_list = [entry for entry in node.decorator_list if not self._calls_own(entry)]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        node.body = [ast.Return(value=ast.Constant(value=None))]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.decorator_list = [entry for entry in node.decorator_list if not self._calls_own(entry)]
        self.generic_visit(node)
        node.body = [inner for inner in node.body if _declares(inner) or isinstance(inner, ast.Pass)]
        node.body = node.body or [ast.Pass()]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        node.value = self._without_behaviour(node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.value = self._without_behaviour(node.value) if node.value else None
        return node

    def _without_behaviour(self, value: ast.expr) -> ast.expr:
        return ast.Constant(value=None) if self._calls_own(value) or _has_lambda(value) else value

    def _calls_own(self, node: ast.expr) -> bool:
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        return bool(names & self._functions)


def _has_lambda(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Lambda) for inner in ast.walk(node))
