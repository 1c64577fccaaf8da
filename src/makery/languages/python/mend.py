"""Repairs of a Python program that need no model and change nothing else."""

import ast
import re
from collections.abc import Callable, Mapping

from makery.languages.python.known_imports import DATETIME_MEMBERS, MEMBERS, MODULES
from makery.languages.python.names import module_name, parse, top_level, trees, undefined
from makery.languages.text import strip_fences, unix

TYPOGRAPHY = str.maketrans({"\u00a0": " ", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
CODE_START = re.compile(r"^(import |from |def |class |async def |@|#|\"\"\"|'''|[A-Za-z_]\w*\s*(:[^=]*)?= )")
TEST = re.compile(r"(run_)?(tests?|check)(_|$)")


def mend(files: Mapping[str, str]) -> dict[str, str]:
    """The files with stray text, missing imports and a missing or empty call of `main` put right."""
    mended = {path: _readable(text) if path.endswith(".py") else text for path, text in files.items()}
    for repair in (_import_known, _postpone_annotations, _call_main, _feed_main):
        mended = {path: repair(text) if path.endswith(".py") else text for path, text in mended.items()}
    if sum(path.endswith(".py") for path in mended) == 1:
        mended = {
            path: _guard_trials(text) if path.endswith(".py") else text for path, text in mended.items()
        }
    return _import_own(mended)


def _readable(text: str) -> str:
    """The first version of the text that parses, from the gentlest repair on; else without fences."""
    text = unix(text)
    if parse(text):
        return text
    steps: tuple[Callable[[str], str], ...] = (
        strip_fences,
        _strip_prose,
        lambda old: old.expandtabs(4),
        lambda old: old.translate(TYPOGRAPHY),
    )
    repaired = text
    for step in steps:
        repaired = step(repaired)
        if parse(repaired):
            return repaired
    return strip_fences(text)


def _strip_prose(text: str) -> str:
    """Without the lines before the first and after the last line that look like code, if that parses."""
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if CODE_START.match(line)), 0)
    for end in range(len(lines), max(start, len(lines) - 12), -1):
        cut = "\n".join(lines[start:end])
        if parse(cut):
            return f"{cut.rstrip()}\n"
    return text


def _import_known(text: str) -> str:
    tree = parse(text)
    if tree is None:
        return text
    lines = [line for name in undefined(text) if (line := _known_import(name, tree))]
    return _add_imports(text, sorted(lines))


def _known_import(name: str, tree: ast.Module) -> str:
    """The import statement that a name surely needs; '' if none is sure."""
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    if name == "datetime":
        return "import datetime" if attributes & DATETIME_MEMBERS else "from datetime import datetime"
    if name in MODULES and attributes:
        return f"import {name}"
    return f"from {MEMBERS[name]} import {name}" if name in MEMBERS else ""


def _postpone_annotations(text: str) -> str:
    """Add `from __future__ import annotations` where a class names itself in its own annotations."""
    tree = parse(text)
    if tree is None or _postponed(tree):
        return text
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        if any(_names(annotation, cls.name) for annotation in _annotations(cls)):
            return _insert(text, _after_docstring(tree), ["from __future__ import annotations"])
    return text


def _annotations(cls: ast.ClassDef) -> list[ast.expr]:
    """Annotations that are evaluated before the class has its name."""
    found: list[ast.expr | None] = []
    for node in cls.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            found += [node.returns, *(argument.annotation for argument in arguments)]
        elif isinstance(node, ast.AnnAssign):
            found.append(node.annotation)
    return [annotation for annotation in found if annotation is not None]


def _names(annotation: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(annotation))


def _postponed(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)


def _call_main(text: str) -> str:
    """Add the call of a `main` that is defined and never called."""
    tree = parse(text)
    main = _uncalled_main(tree) if tree else None
    if tree is None or main is None:
        return text
    call = f"main({_arguments_of(main)})"
    call = f"sys.exit({call})" if _returns_status(main) else call
    text = f'{text.rstrip()}\n\n\nif __name__ == "__main__":\n    {call}\n'
    return _import_known(text)


def _uncalled_main(tree: ast.Module) -> ast.FunctionDef | None:
    main = _main(tree)
    if main is None or any(_mentions_main(node) for node in ast.walk(tree)):
        return None
    return main if _required(main) <= 1 and not main.args.kwonlyargs else None


def _feed_main(text: str) -> str:
    """Pass the command line to a `main` that takes one argument and is called without any."""
    tree = parse(text)
    main = _main(tree) if tree else None
    if tree is None or main is None or _required(main) != 1 or main.args.kwonlyargs:
        return text
    lines = text.encode().split(b"\n")
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        named = isinstance(call.func, ast.Name) and call.func.id == "main"
        if named and not call.args and not call.keywords and call.end_lineno and call.end_col_offset:
            line = lines[call.end_lineno - 1]
            end = call.end_col_offset - 1
            lines[call.end_lineno - 1] = line[:end] + _arguments_of(main).encode() + line[end:]
    fed = b"\n".join(lines).decode()
    return _import_known(fed) if fed != text and parse(fed) else text


def _main(tree: ast.Module) -> ast.FunctionDef | None:
    mains = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    return mains[0] if len(mains) == 1 else None


def _required(function: ast.FunctionDef) -> int:
    """How many arguments it cannot be called without."""
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional + sum(default is None for default in arguments.kw_defaults)


def _arguments_of(main: ast.FunctionDef) -> str:
    """What to call `main` with: the command line, with the program's name if it seems to expect that."""
    if not _required(main):
        return ""
    name = [*main.args.posonlyargs, *main.args.args][0].arg
    indexed = {
        node.slice.value
        for node in ast.walk(main)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and isinstance(node.slice, ast.Constant)
    }
    return "sys.argv" if 1 in indexed and 0 not in indexed else "sys.argv[1:]"


def _guard_trials(text: str) -> str:
    """Keep the calls and assertions at the end of a file that try it out from running when it is imported."""
    tree = parse(text)
    trials = _trials(tree) if tree else []
    if not trials:
        return text
    lines = text.rstrip().split("\n")
    start = trials[0].lineno - 1
    body = [f"    {line}" if line.strip() else line for line in lines[start:]]
    guarded = "\n".join([*lines[:start], 'if __name__ == "__main__":', *body, ""])
    after = parse(guarded)
    same = (
        after is not None
        and isinstance(after.body[-1], ast.If)
        and _dumped(after.body[-1].body) == _dumped(trials)
    )
    return guarded if same else text  # a text of several lines would not be the same, moved to the right


def _trials(tree: ast.Module) -> list[ast.stmt]:
    """The last statements of a file that only assert, print and call its own tests; [] if none tests."""
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and TEST.match(node.name)}
    start = len(tree.body)
    while start and _tests(tree.body[start - 1], {*own, "print"}):
        start -= 1
    last = tree.body[start:]
    return last if any(_tests(node, own) for node in last) else []


def _tests(node: ast.stmt, names: set[str]) -> bool:
    """Whether a statement asserts something or calls one of the functions named."""
    if isinstance(node, ast.Assert):
        return True
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names


def _dumped(statements: list[ast.stmt]) -> list[str]:
    return [ast.dump(node) for node in statements]


def _mentions_main(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in ("main", "__name__")
    return isinstance(node, ast.Attribute) and node.attr == "main"


def _returns_status(main: ast.FunctionDef) -> bool:
    if isinstance(main.returns, ast.Name) and main.returns.id == "int":
        return True
    values = [node.value for node in ast.walk(main) if isinstance(node, ast.Return) and node.value]
    return bool(values) and all(isinstance(v, ast.Constant) and type(v.value) is int for v in values)


def _import_own(files: dict[str, str]) -> dict[str, str]:
    """Import names that exactly one other file of the program defines."""
    parsed = trees(files)
    homes: dict[str, list[str]] = {}
    for path, tree in parsed.items():
        for name in top_level(tree):
            homes.setdefault(name, []).append(path)
    mended = dict(files)
    for path in parsed:
        wanted = [
            (module_name(homes[name][0]), name)
            for name in undefined(files[path])
            if len(homes.get(name, ())) == 1 and not _imports(parsed[homes[name][0]], module_name(path))
        ]
        mended[path] = _add_imports(
            files[path], [f"from {module} import {name}" for module, name in sorted(wanted)], last=True
        )
    return mended


def _imports(tree: ast.Module, module: str) -> bool:
    """Whether a file imports a module: importing it back would be a cycle."""
    return any(
        (isinstance(node, ast.ImportFrom) and node.module == module)
        or (isinstance(node, ast.Import) and any(alias.name == module for alias in node.names))
        for node in ast.walk(tree)
    )


def _add_imports(text: str, lines: list[str], *, last: bool = False) -> str:
    """Put import lines before the file's first import, or after its last one at the top."""
    tree = parse(text)
    if tree is None or not lines:
        return text
    place = _after_docstring(tree)
    for node in tree.body:
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if future or (last and isinstance(node, ast.Import | ast.ImportFrom)):
            place = node.end_lineno or node.lineno
    return _insert(text, place, lines)


def _after_docstring(tree: ast.Module) -> int:
    """The number of lines that stay before the imports."""
    if ast.get_docstring(tree, clean=False) is not None:
        return tree.body[0].end_lineno or 1
    if not tree.body:
        return 0
    first = tree.body[0]
    lines = [first.lineno, *(decorator.lineno for decorator in getattr(first, "decorator_list", ()))]
    return min(lines) - 1


def _insert(text: str, place: int, lines: list[str]) -> str:
    old = text.split("\n")
    return "\n".join([*old[:place], *lines, *old[place:]])
