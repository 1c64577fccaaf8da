"""Documents as a prompt quotes them."""

from collections.abc import Iterable

from makery.kernel.documents import Clause, PlannedFile, Problem, SourceFile


def clause_list(clauses: Iterable[Clause]) -> str:
    """`C1: quote`, a line each."""
    return "\n".join(f"{clause.id}: {clause.text}" for clause in clauses)


def problem_list(problems: Iterable[Problem]) -> str:
    """`- where: what`, a line each."""
    return "\n".join(f"- {problem.where}: {problem.what}" for problem in problems)


def file_blocks(files: Iterable[SourceFile]) -> str:
    """Each file after a line with its name, in a fence, as an answer should give files too."""
    return "\n\n".join(f"{file.path}\n```\n{file.content.rstrip()}\n```" for file in files)


def interface_list(files: Iterable[PlannedFile]) -> str:
    """The design's files with their public names, a line each."""
    lines: list[str] = []
    for file in files:
        needs = f" (uses {', '.join(file.depends_on)})" if file.depends_on else ""
        lines.append(f"{file.path}: {file.purpose}{needs}")
        lines.extend(f"  {item.signature or item.name}: {item.purpose}" for item in file.interfaces)
    return "\n".join(lines)
