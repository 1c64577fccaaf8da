"""The artifacts of software making: what the five roles hand to each other."""

from typing import Literal

from pydantic import Field, model_validator

from makery.kernel.artifact import Artifact, Frozen

# ------------------------------------------------------------------ requirement


class Clause(Frozen):
    """A span of the requirement, quoted verbatim."""

    id: str
    """`C1`, `C2`, … in reading order."""
    text: str
    start: int
    """Character offsets into `Requirement.text`; `text[start:end]` is the quote."""
    end: int
    states_behaviour: bool = True
    """False for headings, greetings and background: nothing in it could be executed."""


class SourceFile(Frozen):
    """One file of a program."""

    path: str
    """Relative, with `/`, inside the program's folder."""
    content: str


class Target(Frozen):
    """What kind of program is wanted, as far as the requirement's own words say it."""

    language: str
    """Name of a language plug-in: `python`, `web`."""
    kind: Literal["module", "cli", "app", "http", "web"]
    entry: tuple[str, ...]
    """Files that have to exist, the one to start or open first."""
    keeps_state: bool = True
    """Whether a run of the program may depend on what earlier runs left."""


class Requirement(Artifact):
    """What the user wrote, kept verbatim. It is the authority for everything that follows."""

    text: str
    locale: Literal["en", "zh"] = "en"
    """The language that documents are written in."""
    target: Target
    clauses: tuple[Clause, ...]
    seed: tuple[SourceFile, ...] = ()
    """The repository to change; empty for a new program."""

    @model_validator(mode="after")
    def _clauses_are_quotes(self) -> "Requirement":
        for clause in self.clauses:
            if self.text[clause.start : clause.end] != clause.text:
                raise ValueError(f"clause {clause.id} is not a quote of the requirement")
        return self

    @property
    def behaviour(self) -> tuple[Clause, ...]:
        """The clauses that a check can prove."""
        return tuple(clause for clause in self.clauses if clause.states_behaviour)


# --------------------------------------------------------------------- planning


class Story(Frozen):
    """One thing the product does, traced to the clauses it comes from."""

    text: str
    clauses: tuple[str, ...] = ()


class ProductRequirements(Artifact):
    """The PRD. It may add to the requirement, never overrule it."""

    title: str
    goals: tuple[str, ...]
    stories: tuple[Story, ...]
    assumptions: tuple[str, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    revision: int = 0


class Problem(Frozen):
    """One thing a reviewer found, with the place and the clause it offends."""

    where: str
    what: str
    clause: str = ""


class PrdReview(Artifact):
    """What the PRD misses or contradicts. Problems found by program come first."""

    problems: tuple[Problem, ...] = ()
    approved: bool
    revision: int = 0
    """Of the PRD that was reviewed."""


class FileNames(Artifact):
    """The files of the program, the entry file first."""

    files: tuple[str, ...]


class Interface(Frozen):
    """A public name of a file, as others may call it."""

    name: str
    signature: str
    purpose: str = ""


class PlannedFile(Frozen):
    """One file of the design."""

    path: str
    purpose: str
    interfaces: tuple[Interface, ...] = ()
    depends_on: tuple[str, ...] = ()
    """Paths of files of this design that it imports or loads."""


class SystemDesign(Artifact):
    """The design: data that a program can check."""

    overview: str
    files: tuple[PlannedFile, ...]
    packages: tuple[str, ...] = ()
    """Third-party distributions, as the package index names them."""
    revision: int = 0


class ApiReview(Artifact):
    """Where the interfaces do not fit each other or the requirement."""

    problems: tuple[Problem, ...] = ()
    approved: bool
    revision: int = 0


class Task(Frozen):
    """One file to write."""

    path: str
    goal: str
    depends_on: tuple[str, ...] = ()


class TaskPlan(Artifact):
    """The tasks, in an order in which each comes after what it depends on."""

    tasks: tuple[Task, ...]


class Package(Frozen):
    """A third-party package that the program needs."""

    distribution: str
    """Its name on the package index."""
    module: str
    """The name that is imported."""
    why: str = ""


class Dependencies(Artifact):
    """Third-party packages that exist and are what is meant; `refused` says why others are not used."""

    packages: tuple[Package, ...] = ()
    refused: tuple[Problem, ...] = ()


# ---------------------------------------------------------------- code and checks


AS_FOUND = -1
"""The number of the repository that is to be changed, as it was found."""


class SourceCode(Artifact):
    """A program, or with `complete=False` some files of one."""

    candidate: int
    """Independently written programs are numbered from 0; see also `AS_FOUND`."""
    revision: int = 0
    """Grows by one with each repair."""
    files: tuple[SourceFile, ...]
    complete: bool = True
    note: str = ""

    def as_mapping(self) -> dict[str, str]:
        """Contents by path."""
        return {file.path: file.content for file in self.files}

    @property
    def name(self) -> str:
        """`0.2` for the second repair of candidate 0."""
        return f"{self.candidate}.{self.revision}"


class CodeReview(Artifact):
    """A reviewer's opinion of a program. It guides repairs; it never decides a verdict."""

    candidate: int
    revision: int
    problems: tuple[Problem, ...] = ()
    approved: bool


class Check(Frozen):
    """One executable check: a Python test function, run by pytest in the sandbox."""

    id: str
    clauses: tuple[str, ...]
    """The clauses it was written from."""
    code: str
    """The source of one `def test_…` function with the imports it needs."""
    origin: Literal["requirement", "qa", "repository"] = "qa"
    """`requirement`: taken over word for word from an example in the requirement."""


class TestSuite(Artifact):
    """Checks, written by somebody who never saw the code."""

    __test__ = False

    checks: tuple[Check, ...]
    plan: str = ""
    round: int = 0
    """Asking again for clauses that lack a check begins a new round."""


class Finding(Frozen):
    """What a static check says, with its place."""

    path: str
    line: int
    rule: str
    """`syntax`, `import`, `undefined-name`, `missing-file`, `interface`, …"""
    message: str
    fatal: bool = True
    """Whether the program cannot work with it."""


class CheckResult(Frozen):
    """How one check ended on one program."""

    check: str
    outcome: Literal["passed", "failed", "error", "timeout"]
    message: str = ""
    """Expected and got, short: what a repair needs."""
    line: int = Field(default=0, ge=0)
    """Of the check's code, counted from 1, where it ended; 0 if that is not known."""
    observed: str = ""
    """What a probe saw: the value of its call, or the name of what was raised."""
    seconds: float = 0.0


class Behaviour(Artifact):
    """What a program does with inputs that nobody has said the results of."""

    candidate: int
    revision: int
    values: tuple[tuple[str, str], ...]
    """Each call, and its value as Python writes it, or the name of what it raised.

    '' where it raised and the requirement knows no errors: that is no answer to a call nobody has excluded.
    """

    @property
    def unanswered(self) -> int:
        """How many calls got no answer."""
        return sum(not value for _, value in self.values)

    def differs(self, other: "Behaviour") -> tuple[str, ...]:
        """The calls that both answered, with different values."""
        theirs = dict(other.values)
        shared = ((call, value, theirs.get(call, "")) for call, value in self.values)
        return tuple(call for call, mine, their in shared if mine and their and mine != their)

    def agrees(self, other: "Behaviour") -> bool:
        """Whether both answered some calls and at least half of them, and alike."""
        theirs = dict(other.values)
        answered = sum(bool(value and theirs.get(call)) for call, value in self.values)
        return 0 < len(self.values) <= 2 * answered and not self.differs(other)


class TestReport(Artifact):
    """Static findings and executed checks of one program."""

    __test__ = False

    candidate: int
    revision: int
    findings: tuple[Finding, ...] = ()
    results: tuple[CheckResult, ...] = ()
    proves_nothing: tuple[str, ...] = ()
    """Checks that pass on a stub of the program, too."""
    unstable: tuple[str, ...] = ()
    """Checks that ended differently when run again."""
    exit_status: int = 0
    """Of the test runner."""
    seconds: float = 0.0
    screenshots: tuple[str, ...] = ()
    """Paths below `.makery/`."""

    @property
    def passed(self) -> frozenset[str]:
        """Ids of the checks that passed."""
        return frozenset(r.check for r in self.results if r.outcome == "passed")

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The results that are not passes, in the order they ran."""
        return tuple(r for r in self.results if r.outcome != "passed")

    @property
    def clean(self) -> bool:
        """No fatal finding, and every check passed."""
        return not self.failed and not any(f.fatal for f in self.findings)


class Ruling(Artifact):
    """Whether a check that code and QA disagree about says what its clause says."""

    check: str
    line: int = Field(default=0, ge=0)
    """The statement of the check that it is about, as in `CheckResult.line`; 0 for the whole check."""
    upheld: bool
    votes_for: int = Field(ge=0)
    votes_against: int = Field(ge=0)
    """Of the model, and of independently written programs that agree against the check."""
    reason: str = ""
    value: str = ""
    """What most votes arrive at instead, as a literal, if the check is wrong; '' if they do not agree."""


class MutationReport(Artifact):
    """How many deliberately broken copies of a program its checks caught."""

    candidate: int
    revision: int
    mutants: int
    caught: int
    survivors: tuple[str, ...] = ()
    """One line each: where and what was changed."""


class Answer(Artifact):
    """A text with the sources it quotes."""

    text: str
    sources: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    """Sentences of the text that no source they refer to supports."""


class Recording(Artifact):
    """Speech, as a file in the workspace."""

    path: str
    seconds: float
    voice: str
    engine: str


class Delivery(Artifact):
    """What the user gets beside the program itself."""

    title: str
    readme: str
    run: str
    """The command that starts the program, or what to open."""
