"""Static checks of a Python program: pure ones, and ruff's, which is run in the sandbox."""

import ast
import json
import re
import sys
import tomllib
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from makery.kernel.documents import Finding, Target
from makery.kernel.ports import Command, CommandLimits, Sandbox
from makery.languages.python.names import module_name, parse, trees, undefined

RULES = "E9,F811,F823,F632"
FATAL_RULES = ("E9", "F823")
MODULE_OF = {
    "beautifulsoup4": "bs4",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "python-dateutil": "dateutil",
    "python-dotenv": "dotenv",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
"""Distributions whose module has another name."""

RUNNER = frozenset({"pytest", "_pytest", "makery_harness"})


def static_findings(files: Mapping[str, str], target: Target, packages: Collection[str]) -> list[Finding]:
    """All that reading alone shows, in a stable order."""
    declared = {*packages, *_declared(files)}
    found = [
        *missing_entries(files, target),
        *_syntax(files),
        *_undefined(files),
        *_imports(files, declared),
        *_tampering(files),
    ]
    return sorted(found, key=lambda finding: (not finding.fatal, finding.path, finding.line, finding.rule))


def missing_entries(files: Mapping[str, str], target: Target) -> Iterator[Finding]:
    """Entry files that are not there, or empty (an `__init__.py` may be)."""
    for path in target.entry:
        if path not in files:
            yield Finding(path=path, line=0, rule="missing-file", message=f"the file {path} is missing")
        elif not files[path].strip() and not path.endswith("__init__.py"):
            yield Finding(path=path, line=0, rule="missing-file", message=f"the file {path} is empty")


async def lint(sandbox: Sandbox, files: Mapping[str, str]) -> list[Finding]:
    """What `ruff` finds; nothing if it cannot be started in the sandbox.

    Raises:
        SandboxUnavailable: nothing can be executed here.
    """
    sources = tuple((path, text) for path, text in files.items() if path.endswith(".py"))
    if not sources:
        return []
    result = await sandbox.run(
        Command(
            argv=(
                "ruff",
                "check",
                "--isolated",
                "--no-cache",
                f"--select={RULES}",
                "--output-format=json",
                ".",
            ),
            files=sources,
            limits=CommandLimits(seconds=20, output_kib=1024),
            purpose="lint",
        )
    )
    try:
        rows = json.loads(result.stdout)
    except ValueError:
        return []
    return [_from_ruff(row, files) for row in rows if row.get("code") not in (None, "invalid-syntax")]


def _from_ruff(row: dict[str, object], files: Mapping[str, str]) -> Finding:
    name = str(row["filename"])
    path = max(
        (path for path in files if name.endswith(f"/{path}")), key=len, default=PurePosixPath(name).name
    )
    place = row["location"]
    line = int(place["row"]) if isinstance(place, dict) else 0
    code = str(row["code"])
    message = str(row["message"]).replace("`", "'")
    return Finding(path=path, line=line, rule=code, message=message, fatal=code.startswith(FATAL_RULES))


def _syntax(files: Mapping[str, str]) -> Iterator[Finding]:
    for path, text in files.items():
        if not path.endswith(".py"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            line = (error.text or "").strip()
            message = f"{error.msg}: {line[:120]}" if line else str(error.msg)
            yield Finding(path=path, line=error.lineno or 0, rule="syntax", message=message)
        except (ValueError, RecursionError) as error:
            yield Finding(path=path, line=0, rule="syntax", message=str(error))


def _undefined(files: Mapping[str, str]) -> Iterator[Finding]:
    for path, text in files.items():
        if not path.endswith(".py"):
            continue
        for name, line in undefined(text).items():
            yield Finding(path=path, line=line, rule="undefined-name", message=f"undefined name {name!r}")


def _imports(files: Mapping[str, str], declared: Collection[str]) -> Iterator[Finding]:
    """Imports that neither the standard library, the program nor a declared package provides."""
    own = {module_name(path).split(".")[0] for path in files if path.endswith(".py")}
    known = {*sys.stdlib_module_names, *own, *declared}
    for path, tree in trees(files).items():
        guarded = set(_guarded(tree))
        for node in ast.walk(tree):
            for module in _imported(node):
                if module.split(".")[0] not in known and not is_test(path):
                    message = (
                        f"no module named {module!r}: not in the standard library and not in this program"
                    )
                    yield _at(path, node, "import", message, fatal=node not in guarded)
        yield from _own_names(path, tree, files)


def _own_names(path: str, tree: ast.Module, files: Mapping[str, str]) -> Iterator[Finding]:
    """`from other import name` where the program's own `other` has no such name."""
    modules = {module_name(other): other for other in files if other.endswith(".py")}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.level or node.module not in modules:
            continue
        home = modules[node.module]
        bound = _bound(files[home])
        for alias in node.names:
            inside = f"{node.module}.{alias.name}" in modules
            if bound is not None and alias.name not in bound and alias.name != "*" and not inside:
                yield _at(path, node, "undefined-name", f"{home} defines no {alias.name!r}")


def _bound(text: str) -> set[str] | None:
    """Every name that a file binds anywhere; None if that cannot be known."""
    tree = parse(text)
    if tree is None:
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return None if names & {"*", "__getattr__"} else names


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _guarded(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes inside a `try` that expects the import to fail."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_expects_import_error(handler) for handler in node.handlers):
            for statement in node.body:
                yield from ast.walk(statement)


def _expects_import_error(handler: ast.ExceptHandler) -> bool:
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else set()
    )
    return not names or bool(names & {"ImportError", "ModuleNotFoundError", "Exception"})


def _tampering(files: Mapping[str, str]) -> Iterator[Finding]:
    """A program that looks at the test runner could behave only while it is watched."""
    for path, tree in trees(files).items():
        if is_test(path):
            continue
        for node in ast.walk(tree):
            imported = any(module.split(".")[0] in RUNNER for module in _imported(node))
            named = isinstance(node, ast.Constant) and node.value in ("PYTEST_CURRENT_TEST", *RUNNER)
            if imported or named:
                yield _at(path, node, "tampering", "the program looks at the test runner; remove that")


def _declared(files: Mapping[str, str]) -> set[str]:
    """Modules of the packages that the program's own metadata names."""
    lines = files.get("requirements.txt", "").splitlines()
    try:
        project = tomllib.loads(files.get("pyproject.toml", "")).get("project", {})
        lines += [str(line) for line in project.get("dependencies", [])]
    except tomllib.TOMLDecodeError:
        pass  # reported where the file is used; here it only declares nothing
    names = (
        match.group(0).lower() for line in lines if (match := re.match(r"[A-Za-z0-9][\w.-]*", line.strip()))
    )
    return {MODULE_OF.get(name, name.replace("-", "_")) for name in names}


def is_test(path: str) -> bool:
    """Whether a file is a test, not part of what the program does."""
    pure = PurePosixPath(path)
    return "tests" in pure.parts or pure.name.startswith("test_") or pure.name == "conftest.py"


def _at(path: str, node: ast.AST, rule: str, message: str, *, fatal: bool = True) -> Finding:
    return Finding(path=path, line=getattr(node, "lineno", 0), rule=rule, message=message, fatal=fatal)
