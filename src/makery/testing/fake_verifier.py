"""A verifier that executes nothing, and requirements for tests."""

import re
from collections.abc import Callable, Mapping, Sequence

from makery.kernel.documents import (
    Behaviour,
    Check,
    CheckResult,
    Clause,
    MutationReport,
    Requirement,
    SourceCode,
    SourceFile,
    Target,
    TestReport,
)
from makery.kernel.errors import InputError
from makery.kernel.ports import Mount
from makery.testing.scripted_model import UnexpectedCall

Examination = Callable[[Requirement, SourceCode, Sequence[Check]], TestReport]


def all_pass(requirement: Requirement, program: SourceCode, checks: Sequence[Check]) -> TestReport:
    """The report of a program on which every check passes."""
    results = tuple(CheckResult(check=check.id, outcome="passed") for check in checks)
    return TestReport(candidate=program.candidate, revision=program.revision, results=results)


class FakeVerifier:
    """The `Verifier` port: nothing is executed; reports come from a function or, in order, from a list.

    Args:
        reports: a function of requirement, program and checks, or the reports in order (strict).
        examples: the checks that every requirement is said to contain.
        mutants: how many broken copies `challenge` reports.
        caught: how many of them it reports as caught.
        observed: whether `observe` finds functions that it can call.
    """

    def __init__(
        self,
        reports: Examination | Sequence[TestReport] = all_pass,
        *,
        examples: Sequence[Check] = (),
        mutants: int = 4,
        caught: int = 4,
        observed: bool = True,
    ) -> None:
        self.examined: list[tuple[SourceCode, tuple[Check, ...]]] = []
        """Each program with the checks it was examined by."""
        self.mounted: list[Mount] = []
        """The folders of packages that examined programs could see."""
        self._reports = reports if callable(reports) else list(reports)
        self._examples = tuple(examples)
        self._mutants = mutants
        self._caught = caught
        self._observed = observed

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        """See `requirement_of`.

        Raises:
            InputError: the text is empty.
        """
        if not text.strip():
            raise InputError("The requirement is empty.", remedy="Say what the program should do.")
        return requirement_of(text, seed=seed)

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        """The checks given at construction."""
        return self._examples

    async def examine(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> TestReport:
        """The next report.

        Raises:
            UnexpectedCall: the list of reports is used up.
        """
        self.examined.append((program, tuple(checks)))
        self.mounted.extend(mounts)
        if not isinstance(self._reports, list):
            return self._reports(requirement, program, checks)
        if not self._reports:
            raise UnexpectedCall(f"No report is left for program {program.name}.")
        return self._reports.pop(0)

    async def observe(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> Behaviour:
        """The same for all programs with the same text."""
        text = "\n".join(file.content for file in program.files)
        values = (("program()", text),) if self._observed else ()
        return Behaviour(candidate=program.candidate, revision=program.revision, values=values)

    async def challenge(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> MutationReport:
        """The numbers given at construction."""
        return MutationReport(
            candidate=program.candidate,
            revision=program.revision,
            mutants=self._mutants,
            caught=self._caught,
        )


def requirement_of(
    text: str, *, target: Target | None = None, seed: Mapping[str, str] | None = None
) -> Requirement:
    """A requirement whose clauses are the text's sentences, all said to state behaviour."""
    spans = [match.span() for match in re.finditer(r"[^\s.。!?！？][^.。!?！？\n]*[.。!?！？]?", text)]
    clauses = tuple(
        Clause(id=f"C{number}", text=text[start:end], start=start, end=end)
        for number, (start, end) in enumerate(spans, 1)
    )
    return Requirement(
        text=text,
        locale="zh" if re.search(r"[\u4e00-\u9fff]", text) else "en",
        target=target or Target(language="python", kind="cli", entry=("main.py",)),
        clauses=clauses,
        seed=tuple(SourceFile(path=path, content=content) for path, content in (seed or {}).items()),
    )
