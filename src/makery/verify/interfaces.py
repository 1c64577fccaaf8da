"""Names that the requirement's own words promise, looked up in the program.

Only what is certain: a class or function named as such in a code span. Methods and attributes that could come
from a base class, from `setattr` or from a generated class are reported as not fatal.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping

from makery.kernel.documents import Finding, Requirement

CLASS = re.compile(r"(?:\bclass(?:es)?\b,?|类)\s*`([A-Z]\w*)(?:\([^`]*\))?`")
CLASS_AFTER = re.compile(r"`([A-Z]\w*)`\s*(?:\(a subclass of|（`?\w+`?\s*的子类|类\b)")
FUNCTION = re.compile(r"(?:\bfunctions?\b|函数)\s*`([a-z_]\w*)\(")
ITEM = re.compile(r"^\s*`([a-z_]\w*)\([^`]*\)`")
IDENTIFIER = re.compile(r"`#(?!(?:[\da-fA-F]{3,4}|[\da-fA-F]{6}|[\da-fA-F]{8})`)([A-Za-z][\w-]*)`")
"""An element's id; what reads as a colour is none."""


def interface_findings(requirement: Requirement, files: Mapping[str, str]) -> list[Finding]:
    """What is promised and missing; fatal only where it is certain."""
    if requirement.target.language == "web":
        return list(_missing_ids(requirement, files))
    if requirement.target.language != "python":
        return []
    names = _names(files)
    return [] if names is None else list(_missing_names(requirement, names))


def _missing_names(requirement: Requirement, names: "_Names") -> Iterator[Finding]:
    path = requirement.target.entry[0] if requirement.target.entry else ""
    text = requirement.text
    classes = {*CLASS.findall(text), *CLASS_AFTER.findall(text)}
    for name in sorted(classes - names.anywhere):
        yield _finding(path, f"the requirement names the class {name}, and the program has none", fatal=True)
    for name in sorted(set(FUNCTION.findall(text)) - names.anywhere):
        yield _finding(
            path, f"the requirement names the function {name}, and the program has none", fatal=True
        )
    if requirement.target.kind == "module":
        items = {match.group(1) for clause in requirement.behaviour if (match := ITEM.match(clause.text))}
        for name in sorted(items - names.anywhere):
            yield _finding(
                path, f"the requirement names {name}(…), and the program does not define it", fatal=False
            )


def _missing_ids(requirement: Requirement, files: Mapping[str, str]) -> Iterator[Finding]:
    path = requirement.target.entry[0] if requirement.target.entry else "index.html"
    everything = "\n".join(text for name, text in files.items() if name.endswith((".html", ".htm", ".js")))
    for name in dict.fromkeys(IDENTIFIER.findall(requirement.text)):
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", everything):
            yield _finding(path, f"the requirement names #{name}, and no element has that id", fatal=False)


class _Names:
    """Every name that a program defines or binds, wherever it does."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self.anywhere: set[str] = set()
        for tree in trees:
            for node in ast.walk(tree):
                self.anywhere |= set(_bound(node))


def _names(files: Mapping[str, str]) -> _Names | None:
    """None if a file does not parse: then nothing is certain."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Names([ast.parse(text) for path, text in files.items() if path.endswith(".py")])
    except (SyntaxError, ValueError):
        return None


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        yield node.attr
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        yield node.value  # setattr(…, "name", …), type("Name", …), namedtuple("Name", …)


def _finding(path: str, message: str, *, fatal: bool) -> Finding:
    return Finding(path=path, line=0, rule="interface", message=message, fatal=fatal)
