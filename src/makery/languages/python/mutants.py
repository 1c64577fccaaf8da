"""Copies of a Python program broken in one place each: checks that notice none of them prove little.

The operators are the classic ones of mutation testing: relational, arithmetic and logical replacement,
change of constants and return values, deletion of statements (Jia & Harman, "An Analysis and Survey of the
Development of Mutation Testing", IEEE TSE 37(5), 2011).
"""

import ast
from collections.abc import Iterator, Mapping
from itertools import accumulate

from makery.kernel.ports import Mutant
from makery.languages.python.findings import is_test
from makery.languages.python.names import parse
from makery.languages.spread import Site, short, spread

COMPARISONS = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "+"),
}
QUIET_CALLS = frozenset({"debug", "info", "warning", "exception", "log", "basicConfig", "getLogger", "seed"})
PROSE_ARGUMENTS = frozenset({"help", "description", "prog", "epilog", "usage", "metavar", "file"})


STATE_CALLS = frozenset(
    {
        "add",
        "append",
        "clear",
        "discard",
        "execute",
        "extend",
        "insert",
        "pop",
        "remove",
        "sort",
        "update",
        "write",
    }
)
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def mutants(files: Mapping[str, str], *, most: int) -> list[Mutant]:
    """At most so many mutants, spread over files, functions and kinds; the same for the same files."""
    sites = [site for path, text in sorted(files.items()) if _mutable(path) for site in _sites(path, text)]
    chosen: list[Mutant] = []
    for site in spread(sites):
        if len(chosen) == most:
            break
        broken = site.apply(files[site.path])
        tree, intact = parse(broken), parse(files[site.path])
        if tree and intact and ast.dump(tree) != ast.dump(intact):
            chosen.append(Mutant(place=site.place, files=tuple({**files, site.path: broken}.items())))
    return chosen


def _mutable(path: str) -> bool:
    return path.endswith(".py") and not is_test(path)


def _sites(path: str, text: str) -> Iterator[Site]:
    tree = parse(text)
    if tree is None:
        return
    source = _Source(path, text)
    for scope, node in _executed(tree, "module"):
        yield from _changes(source, scope, node)


class _Source:
    """A file whose nodes can be found again as byte spans."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._bytes = text.encode()
        lengths = (len(line) for line in self._bytes.splitlines(keepends=True))
        self._starts = [0, *accumulate(lengths)]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[end_line - 1] + end_column

    def slice(self, span: tuple[int, int]) -> str:
        """The text of a span."""
        return self._bytes[span[0] : span[1]].decode()

    def site(self, scope: str, kind: str, span: tuple[int, int], new: str, label: str = "") -> Site:
        """A change of a span."""
        line = self._bytes[: span[0]].count(b"\n") + 1
        shown = label or f"{short(self.slice(span))} became {short(new)}"
        return Site(self.path, scope, kind, span[0], span[1], new, f"{self.path}:{line} {shown}")

    def operator(
        self, scope: str, kind: str, left: ast.expr, right: ast.expr, old: str, new: str
    ) -> Iterator[Site]:
        """A change of the operator between two operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        position = self._bytes[start:end].find(old.encode())
        if position >= 0:
            yield self.site(scope, kind, (start + position, start + position + len(old)), new)


def _executed(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST]]:
    """Nodes whose change can matter, each with its function."""
    for child in _children(node):
        inner = f"{scope}.{child.name}" if isinstance(child, NAMED) else scope
        yield inner, child
        yield from _executed(child, inner)


def _children(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that do something a user could notice."""
    if isinstance(node, NAMED):
        return [] if node.name == "__repr__" else _without_docstring(node.body)
    if isinstance(node, ast.Module):
        return _without_docstring(node.body)
    if isinstance(node, ast.Call):
        return _arguments(node)
    if isinstance(node, ast.AnnAssign):
        return [node.value] if node.value else []
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom) or _is_main_guard(node):
        return []
    return list(ast.iter_child_nodes(node))


def _without_docstring(body: list[ast.stmt]) -> list[ast.AST]:
    return [
        node for node in body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def _arguments(call: ast.Call) -> list[ast.AST]:
    """What is passed to a call, unless it is prose for people."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    to_stderr = any(keyword.arg == "file" for keyword in call.keywords) or "stderr" in ast.unparse(call.func)
    if name in QUIET_CALLS or to_stderr:
        return []
    spoken = [keyword.value for keyword in call.keywords if keyword.arg not in PROSE_ARGUMENTS]
    return [call.func, *call.args, *spoken]


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _changes(source: _Source, scope: str, node: ast.AST) -> Iterator[Site]:
    """All changes of one node."""
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, node.comparators, strict=False):
            yield from source.operator(scope, "comparison", left, right, *COMPARISONS[type(operator)])
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _is_text(node.left, node.right):
        yield from source.operator(scope, "arithmetic", node.left, node.right, *ARITHMETIC[type(node.op)])
    elif (
        isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add | ast.Sub)
        and not _is_text(node.value)
    ):
        old, new = ARITHMETIC[type(node.op)]
        yield from source.operator(scope, "arithmetic", node.target, node.value, f"{old}=", f"{new}=")
    elif isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield from source.operator(scope, "logic", node.values[0], node.values[1], old, new)
    elif isinstance(node, ast.Constant):
        yield from _constant(source, scope, node)
    elif isinstance(node, ast.stmt):
        yield from _statement(source, scope, node)


def _is_text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
        for node in nodes
    )


def _constant(source: _Source, scope: str, node: ast.Constant) -> Iterator[Site]:
    span = source.span(node)
    if isinstance(node.value, bool):
        yield source.site(scope, "constant", span, str(not node.value))
    elif isinstance(node.value, int):
        yield source.site(scope, "constant", span, str(node.value + 1))
    elif isinstance(node.value, str) and node.value.strip():
        yield source.site(scope, "string", span, repr(f"{node.value}~"))


def _statement(source: _Source, scope: str, node: ast.stmt) -> Iterator[Site]:
    span = source.span(node)
    if isinstance(node, ast.If):
        test = source.span(node.test)
        label = f"condition {short(source.slice(test))} negated"
        yield source.site(scope, "negation", test, f"not ({source.slice(test)})", label)
    elif isinstance(node, ast.Return) and node.value and not _is_nothing(node.value):
        yield source.site(scope, "return", span, "return None")
    elif isinstance(node, ast.Raise) or _changes_state(node):
        yield source.site(scope, "statement", span, "pass", f"{short(source.slice(span))} removed")


def _is_nothing(node: ast.expr) -> bool:
    """None, or 0: as an exit status they are the same, and elsewhere 0 is changed as a constant."""
    return isinstance(node, ast.Constant) and node.value in (None, 0)


def _changes_state(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in STATE_CALLS
    )
