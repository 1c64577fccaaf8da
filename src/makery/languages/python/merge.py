"""Putting a model's corrected functions into the files they came from."""

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from makery.kernel.errors import MalformedOutput
from makery.languages.python.names import parse, top_level, trees

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITION = (*FUNCTION, ast.ClassDef)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class _Edit:
    """Lines `start` to `end` (from 1, both included) of a file become `text`; to insert, end < start."""

    path: str
    start: int
    end: int
    text: str


def merge(files: Mapping[str, str], snippet: str) -> dict[str, str]:
    """The files with each definition of the snippet in the place of the one with its name.

    A class of the snippet replaces only the methods that it has; a function with `self` as its first
    argument replaces the method of that name. New functions go before the end of the first file touched,
    new imports to its top.

    Raises:
        MalformedOutput: the snippet does not parse, or defines nothing that these files have.
    """
    tree = parse(snippet) or parse(textwrap.dedent(snippet))
    if tree is None:
        raise MalformedOutput(
            "The corrected code does not parse.", text=snippet, remedy="Send whole functions."
        )
    source = snippet if parse(snippet) else textwrap.dedent(snippet)
    parsed = trees(files)
    edits: list[_Edit] = []
    new: list[Definition] = []
    for node in tree.body:
        if isinstance(node, DEFINITION):
            found = _edits(node, parsed, source)
            edits += found
            if not found:
                new.append(node)
        elif isinstance(node, ast.Assign):
            edits += _constant(node, parsed, source)
    if not edits:
        known = ", ".join(sorted(set().union(*(top_level(tree) for tree in parsed.values()))))
        raise MalformedOutput(
            "The corrected code defines nothing that the program has.",
            text=snippet,
            remedy=f"Send corrected definitions of: {known}.",
        )
    home = edits[0].path
    edits += [_appended(home, parsed[home], files[home], _segment(source, node)) for node in new]
    changed = _apply(files, edits)
    changed[home] = _with_imports(changed[home], parsed[home], tree)
    return changed


def _edits(node: Definition, parsed: Mapping[str, ast.Module], source: str) -> list[_Edit]:
    for path, tree in parsed.items():
        for old in tree.body:
            if isinstance(old, DEFINITION) and old.name == node.name:
                if isinstance(old, ast.ClassDef) and isinstance(node, ast.ClassDef):
                    return _methods(path, old, node, source)
                return [_replacement(path, old, _segment(source, node))]
    if isinstance(node, FUNCTION) and node.args.args[:1] and node.args.args[0].arg == "self":
        return _method_alone(node, parsed, source)
    return []


def _methods(path: str, old: ast.ClassDef, new: ast.ClassDef, source: str) -> list[_Edit]:
    """Each method of the new class in the place of the old one; those that are new at the class's end."""
    before = {item.name: item for item in old.body if isinstance(item, FUNCTION)}
    edits: list[_Edit] = []
    for item in new.body:
        if not isinstance(item, FUNCTION):
            continue
        text = _segment(source, item)
        if item.name in before and _decorators(before[item.name]) == _decorators(item):
            edits.append(_replacement(path, before[item.name], text))
        elif item.name not in before:
            end = old.end_lineno or old.lineno
            indent = old.body[0].col_offset
            edits.append(_Edit(path, end + 1, end, "\n" + textwrap.indent(text, " " * indent)))
    return edits


def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [ast.unparse(decorator) for decorator in node.decorator_list]


def _method_alone(node: Definition, parsed: Mapping[str, ast.Module], source: str) -> list[_Edit]:
    owners = [
        (path, item)
        for path, tree in parsed.items()
        for cls in tree.body
        if isinstance(cls, ast.ClassDef)
        for item in cls.body
        if isinstance(item, FUNCTION) and item.name == node.name
    ]
    if len(owners) != 1:
        return []
    path, old = owners[0]
    return [_replacement(path, old, _segment(source, node))]


def _constant(node: ast.Assign, parsed: Mapping[str, ast.Module], source: str) -> list[_Edit]:
    names = ast.unparse(node.targets[0])
    return [
        _Edit(path, old.lineno, old.end_lineno or old.lineno, ast.get_source_segment(source, node) or "")
        for path, tree in parsed.items()
        for old in tree.body
        if isinstance(old, ast.Assign) and ast.unparse(old.targets[0]) == names
    ][:1]


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _segment(source: str, node: Definition) -> str:
    """The definition's lines with its decorators, moved to the left edge."""
    lines = source.splitlines()[_first_line(node) - 1 : node.end_lineno]
    return textwrap.dedent("\n".join(lines))


def _replacement(path: str, old: Definition, text: str) -> _Edit:
    return _Edit(
        path, _first_line(old), old.end_lineno or old.lineno, textwrap.indent(text, " " * old.col_offset)
    )


def _appended(path: str, tree: ast.Module, text: str, definition: str) -> _Edit:
    """Before the `if __name__ == …` block, or at the file's end."""
    starts = [
        node.lineno for node in tree.body if isinstance(node, ast.If) and "__name__" in ast.dump(node.test)
    ]
    line = starts[0] if starts else text.count("\n") + 1
    return _Edit(path, line, line - 1, f"\n{definition}\n\n")


def _apply(files: Mapping[str, str], edits: list[_Edit]) -> dict[str, str]:
    changed = dict(files)
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        lines = changed[edit.path].splitlines()
        lines[edit.start - 1 : edit.end] = edit.text.splitlines()
        changed[edit.path] = "\n".join(lines) + "\n"
    return changed


def _with_imports(text: str, tree: ast.Module, snippet: ast.Module) -> str:
    """The file with those imports of the snippet that it lacks."""
    known = {ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    wanted = [ast.unparse(node) for node in snippet.body if isinstance(node, ast.Import | ast.ImportFrom)]
    missing = [line for line in dict.fromkeys(wanted) if line not in known]
    if not missing:
        return text
    docstring = ast.get_docstring(tree) is not None
    after = (tree.body[0].end_lineno or 1) if docstring else 0
    lines = text.splitlines()
    return "\n".join([*lines[:after], *missing, *lines[after:]]) + "\n"
