"""Checks taken word for word from examples in the requirement: only where both sides are certain."""

import ast
import builtins
import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from makery.kernel.documents import Check, Clause, Requirement
from makery.kernel.literals import is_literal
from makery.verify.example_lines import called, given

BLOCK = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
ASSERTION = re.compile(r"^[ \t]*(assert [^\n]+)$|`(assert [^`\n]+)`", re.MULTILINE)
NO_ALTERNATIVE = r"(?!\s*(?:,|、|，|or\b|或)\s*(?:or\s*)?`)"
RETURNS = r"returns?|is|gives|equals|evaluates to|返回|得到|等于|的结果是|结果为"
PRINTS = r"prints?|outputs?|displays|writes|会?输出|打印|显示"
FRAME = re.compile(r"```|^[ \t]*(?:\"{3}|'{3})[ \t]*$", re.MULTILINE)
"""What ends a session without being part of it: a fence, the end of a docstring."""
CALL = re.compile(rf"`([^`\n]+)`\s*(?:should\s+)?(?:{RETURNS})\s*`([^`\n]+)`{NO_ALTERNATIVE}")
COMMAND = re.compile(rf"`python3? ([^`\n]+)`\s*(?:should\s+)?(?:{PRINTS})\s*`([^`\n]+)`{NO_ALTERNATIVE}")
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b|\.\.\.|…|[\[\]<>|&;$]")
FILE_NAME = re.compile(r"^[\w./-]*\.[A-Za-z]{2,5}$")


def examples(requirement: Requirement) -> tuple[Check, ...]:
    """Checks of origin `requirement`, and one of origin `repository` for each test file of the seed."""
    found: list[Check] = []
    for clause, bodies in _bodies(requirement):
        codes = [code for body in bodies if (code := _function(body, requirement))]
        found += [
            Check(id=f"E_{clause.id}_{number}", clauses=(clause.id,), code=code, origin="requirement")
            for number, code in enumerate(dict.fromkeys(codes), start=1)
        ]
    return (*found, *_repository_tests(requirement))


def _bodies(requirement: Requirement) -> Iterator[tuple[Clause, list[str]]]:
    """The statements of each clause's examples; a session goes on where the one before it ended."""
    before: list[str] = []
    importable = requirement.target.kind == "module"
    for clause in requirement.behaviour:
        bodies = [_session(clause.text, before)] if ">>> " in clause.text else []
        if importable:
            bodies += [*_blocks(clause.text), *_assertions(clause.text), *_calls(requirement, clause.text)]
            bodies += _lines(requirement, clause.text)
        if requirement.target.kind == "cli" and not requirement.target.keeps_state:
            bodies += _commands(requirement, clause.text)
        yield clause, [body for body in bodies if body]


def _function(body: str, requirement: Requirement) -> str:
    """A test function with the imports that its body needs; '' if they are not sure."""
    command = body.startswith("r = run(")
    imports = "" if command else _imports(body, requirement)
    if imports is None:
        return ""
    lines = [*imports.splitlines(), *body.splitlines()]
    head = "def test_example(run):" if command else "def test_example():"
    return "\n".join([head, *(f"    {line}" if line else "" for line in lines)]) + "\n"


def _imports(body: str, requirement: Requirement) -> str | None:
    """The import of the names that a body uses and does not make; None if it has none to test."""
    tree = ast.parse(body)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    made = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    made |= {alias.asname or alias.name.split(".")[0] for node in imports for alias in node.names}
    missing = sorted(used - made - set(dir(builtins)))
    module = _module(requirement)
    if not missing:
        return "" if any(module in ast.unparse(node) for node in imports) else None
    if module in missing:
        return f"import {module}" if missing == [module] else None
    return f"from {module} import {', '.join(missing)}"


def _module(requirement: Requirement) -> str:
    entry = requirement.target.entry[0] if requirement.target.entry else "main.py"
    return ".".join(PurePosixPath(entry).with_suffix("").parts)


# ----------------------------------------------------------------- what examples look like


def _session(text: str, before: list[str]) -> str:
    """A `>>>` session as statements; `before` holds, and gets, what earlier ones did."""
    try:
        parts = doctest.DocTestParser().get_examples(FRAME.sub("", text))
    except ValueError:
        return ""
    lines = list(before)
    for part in parts:
        source = part.source.rstrip("\n")
        try:
            lines += _step(source, part.want, part.exc_msg)
        except (SyntaxError, ValueError):
            return ""
        if not part.exc_msg:
            before.append(source)
    proves = any(part.want or part.exc_msg for part in parts)
    return "\n".join(lines) if proves else ""


def _step(source: str, want: str, exception: str | None) -> list[str]:
    source = ast.unparse(ast.parse(source))  # without comments
    if exception:
        name = exception.split(":")[0].strip().split(".")[-1]
        inner = [f"    {line}" for line in source.splitlines()]
        raised = f"assert type(caught.value).__name__ == {name!r}"
        return ["import pytest", "with pytest.raises(Exception) as caught:", *inner, raised]
    if not want:
        return [source]
    if source.startswith("print("):
        return [
            *(
                "import contextlib, io",
                "printed = io.StringIO()",
                "with contextlib.redirect_stdout(printed):",
            ),
            *(f"    {line}" for line in source.splitlines()),
            f"assert printed.getvalue() == {want!r}",
        ]
    wanted = want.strip()
    return (
        [f"assert {source} == {wanted}"] if is_literal(wanted) else [f"assert repr({source}) == {wanted!r}"]
    )


def _blocks(text: str) -> Iterator[str]:
    """Fenced code that asserts something."""
    for match in BLOCK.finditer(text):
        tree = _parsed(match.group(1))
        if tree and any(isinstance(node, ast.Assert) for node in tree.body):
            yield match.group(1).strip("\n")


def _assertions(text: str) -> Iterator[str]:
    """Lines and code spans that assert something, outside fenced code."""
    for match in ASSERTION.finditer(BLOCK.sub("", text)):
        line = match.group(1) or match.group(2)
        if _parsed(line):
            yield line


def _calls(requirement: Requirement, text: str) -> Iterator[str]:
    """`f(1, "a")` returns `2`: a call of a function with literal arguments, and a literal."""
    for call, result in CALL.findall(text):
        tree = _parsed(call)
        if tree and is_literal(result) and _is_example_call(tree, requirement):
            yield f"assert {call} == {result}"


def _lines(requirement: Requirement, text: str) -> Iterator[str]:
    """`f(1, "a") == 2` on a line of its own, inside or outside of code, and arguments given by name."""
    for call, value in (*called(text), *given(text)):
        if _takes_literals(call, requirement):
            yield f"assert {ast.unparse(call)} == {value}"


def _is_example_call(tree: ast.Module, requirement: Requirement) -> bool:
    call = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
    return (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and _takes_literals(call, requirement)
    )


def _takes_literals(call: ast.Call, requirement: Requirement) -> bool:
    """Whether the function called is surely one of the program, and the call tells all it is given."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    method = bool(
        re.search(r"\bclass\b|类|\bmethods?\b|方法", requirement.text)
    )  # then it may be nobody's function
    return bool(arguments) and not method and all(is_literal(ast.unparse(argument)) for argument in arguments)


def _commands(requirement: Requirement, text: str) -> Iterator[str]:
    """`python unitconv.py 1.5 km m` prints `1500`, for a program that keeps nothing between runs."""
    for command, output in COMMAND.findall(text):
        try:
            entry, *words = shlex.split(command)
        except ValueError:
            continue
        certain = not PLACEHOLDER.search(" ".join(words)) and not any(map(FILE_NAME.match, words))
        if entry == requirement.target.entry[0] and certain and not PLACEHOLDER.search(output):
            arguments = ", ".join(map(repr, words))
            yield f"r = run({arguments})\nassert r.out.rstrip('\\n') == {output!r}\nassert r.code == 0"


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError):
        return None


# ---------------------------------------------------------------------- a repository's own tests


def _repository_tests(requirement: Requirement) -> Iterator[Check]:
    """Each test file as it was before the change, so that the change cannot edit it."""
    for file in requirement.seed:
        name = PurePosixPath(file.path).name
        if name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py")):
            identifier = re.sub(r"\W", "_", file.path.removesuffix(".py"))
            yield Check(id=f"R_{identifier}", clauses=(), code=file.content, origin="repository")
