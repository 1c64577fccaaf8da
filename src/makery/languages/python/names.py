"""Names of a Python file: which it defines, which it uses without defining them."""

import ast
import builtins
import symtable
import warnings
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

KNOWN = frozenset(
    {
        *dir(builtins),
        *("__file__", "__name__", "__doc__", "__path__", "__package__", "__spec__", "__loader__"),
        *("__builtins__", "__annotations__", "__class__", "__module__", "__qualname__", "WindowsError"),
    }
)


def parse(text: str) -> ast.Module | None:
    """The syntax tree; None if it does not parse."""
    try:
        with (
            warnings.catch_warnings()
        ):  # a doubtful escape in somebody's string is no business of this process
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def trees(files: Mapping[str, str]) -> dict[str, ast.Module]:
    """The syntax trees of the Python files that parse."""
    parsed = {path: parse(text) for path, text in files.items() if path.endswith(".py")}
    return {path: tree for path, tree in parsed.items() if tree is not None}


def undefined(text: str) -> dict[str, int]:
    """Names used but defined nowhere in the file, with the line of the first use.

    Empty for a file that does not parse or that imports `*`: then nothing is certain.
    """
    tree = parse(text)
    if tree is None or any(_imports_star(node) for node in ast.walk(tree)):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = symtable.symtable(text, "file", "exec")
    defined = _defined_globally(table) | KNOWN
    missing = {name for scope in _scopes(table) for name in _used_globals(scope)} - defined
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in missing:
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    return dict(sorted(lines.items(), key=lambda item: (item[1], item[0])))


def top_level(tree: ast.Module) -> set[str]:
    """Functions, classes and variables that a file itself defines at its top level."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def module_name(path: str) -> str:
    """The dotted name under which a file is imported from the program's folder."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _imports_star(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _defined_globally(table: symtable.SymbolTable) -> set[str]:
    own = {symbol.get_name() for symbol in table.get_symbols() if _binds(symbol)}
    declared = {
        symbol.get_name()
        for scope in _scopes(table)
        for symbol in scope.get_symbols()
        if symbol.is_declared_global() and _binds(symbol)
    }
    return own | declared


def _used_globals(scope: symtable.SymbolTable) -> Iterator[str]:
    top = scope.get_type() == "module"
    for symbol in scope.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or top):
            yield symbol.get_name()
