"""Artifacts as Markdown files for people."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from makery.app.words import Words
from makery.kernel.artifact import Artifact
from makery.kernel.documents import (
    Answer,
    ApiReview,
    Check,
    CodeReview,
    Dependencies,
    FileNames,
    PrdReview,
    Problem,
    ProductRequirements,
    SystemDesign,
    TaskPlan,
    TestSuite,
)

DOCS = ".makery/docs"
CHECKS = ".makery/checks"

Lines = Iterator[str]


def files_of(artifact: Artifact, words: Words) -> dict[str, str]:
    """The files, by path in the workspace, that show an artifact; none for kinds that are not documents."""
    if isinstance(artifact, TestSuite):
        return check_files(artifact.checks)
    known = _WRITERS.get(type(artifact))
    if known is None:
        return {}
    name, write = known
    if isinstance(artifact, CodeReview):
        name = f"{name}_{artifact.candidate}_{artifact.revision}"
    return {f"{DOCS}/{name}.md": "\n".join(write(artifact, words)).rstrip() + "\n"}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """The lines of a Markdown table."""
    yield _row(header)
    yield _row(["---"] * len(header))
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def check_files(checks: Iterable[Check]) -> dict[str, str]:
    """Each check as a file of its own, by path in the workspace."""
    return {
        f"{CHECKS}/test_{check.id.replace('.', '_')}.py": (
            f'"""Check {check.id} of {", ".join(check.clauses)} ({check.origin})."""\n\n'
            f"{check.code.strip()}\n"
        )
        for check in checks
    }


def _prd(prd: ProductRequirements, words: Words) -> Lines:
    yield f"# {words['prd']}: {prd.title}\n"
    yield from _section(words["goals"], prd.goals)
    stories = (_with_clauses(story.text, story.clauses, words) for story in prd.stories)
    yield from _section(words["stories"], stories)
    yield from _section(words["assumptions"], prd.assumptions)
    yield from _section(words["out_of_scope"], prd.out_of_scope)


def _review(title: str) -> Callable[[Any, Words], Lines]:
    def write(review: PrdReview | ApiReview | CodeReview, words: Words) -> Lines:
        name = f"{review.candidate}.{review.revision}" if isinstance(review, CodeReview) else ""
        yield f"# {words[title].format(name=name)}\n"
        yield f"{words['approved' if review.approved else 'not_approved']}\n"
        yield from _section(words["problems"], _problems(review.problems, words))
        if not review.problems:
            yield words["no_problems"]

    return write


def _problems(problems: Iterable[Problem], words: Words) -> Lines:
    for problem in problems:
        clauses = (problem.clause,) if problem.clause else ()
        yield _with_clauses(f"`{problem.where}`: {problem.what}", clauses, words)


def _file_names(names: FileNames, words: Words) -> Lines:
    yield f"# {words['file_names']}\n"
    yield from (f"- `{path}`" for path in names.files)


def _design(design: SystemDesign, words: Words) -> Lines:
    yield f"# {words['design']}\n"
    yield f"{design.overview}\n"
    for file in design.files:
        yield f"## `{file.path}`\n"
        yield f"{file.purpose}\n"
        yield from (f"- `{i.signature or i.name}` {i.purpose}".rstrip() for i in file.interfaces)
        if file.depends_on:
            yield f"\n{words['depends_on']}: " + ", ".join(f"`{path}`" for path in file.depends_on)
        yield ""
    yield from _section(words["packages"], (f"`{package}`" for package in design.packages))


def _plan(plan: TaskPlan, words: Words) -> Lines:
    yield f"# {words['plan']}\n"
    for number, task in enumerate(plan.tasks, 1):
        depends = ", ".join(f"`{path}`" for path in task.depends_on)
        after = f" ({words['depends_on']}: {depends})" if depends else ""
        yield f"{number}. `{task.path}`: {task.goal}{after}"


def _dependencies(found: Dependencies, words: Words) -> Lines:
    yield f"# {words['dependencies']}\n"
    yield from (f"- `{p.distribution}` (`import {p.module}`) {p.why}".rstrip() for p in found.packages)
    yield from _section(words["refused"], _problems(found.refused, words))


def _answer(answer: Answer, words: Words) -> Lines:
    yield f"# {words['answer']}\n"
    yield f"{answer.text}\n"
    yield from _section(words["sources"], answer.sources)
    yield from _section(words["unsupported"], answer.unsupported)


def _section(title: str, items: Iterable[str]) -> Lines:
    lines = [f"- {item}" for item in items]
    if lines:
        yield from (f"## {title}\n", *lines, "")


def _with_clauses(text: str, clauses: Sequence[str], words: Words) -> str:
    return f"{text} ({words['clauses']}: {', '.join(clauses)})" if clauses else text


_WRITERS: dict[type[Artifact], tuple[str, Callable[[Any, Words], Lines]]] = {
    ProductRequirements: ("prd", _prd),
    PrdReview: ("prd_review", _review("prd_review")),
    FileNames: ("files", _file_names),
    SystemDesign: ("design", _design),
    ApiReview: ("api_review", _review("api_review")),
    TaskPlan: ("plan", _plan),
    Dependencies: ("dependencies", _dependencies),
    CodeReview: ("code_review", _review("code_review")),
    Answer: ("answer", _answer),
}
