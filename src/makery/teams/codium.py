"""Flow engineering for one program: think in steps, run on the examples, then on more checks.

AlphaCodium (Ridnik et al. 2024, arXiv:2401.08500): reflect on the problem, reason about the public tests,
propose and rank solutions, iterate on the public tests, add tests of one's own, iterate on those while the
passed ones stay anchors.
"""

from dataclasses import dataclass, field

from makery.kernel.dialogue import Agenda, Choice, Ending, Utterance
from makery.kernel.documents import Requirement, SourceCode, TestReport, TestSuite
from makery.kernel.message import Message
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.notes import note
from makery.teams.seats import member
from makery.teams.table import Table

SKILLS = (
    "reflect_problem",
    "reason_on_tests",
    "propose_solutions",
    "write_solution",
    "write_test",
    "run_code",
    "debug_error",
)


@dataclass
class Work:
    """A program with the report of its last run; `suites` are the checks it was run with."""

    program: Message
    report: Message
    suites: list[Message] = field(default_factory=list[Message])

    @property
    def result(self) -> TestReport:
        """The report."""
        assert isinstance(self.report.artifact, TestReport)  # noqa: S101 - `run_code` makes nothing else
        return self.report.artifact


def codium(role: Role | None = None, *, ideas: int = 2, repairs: int = 3, clauses: int = 6) -> Team:
    """A team of one that writes a program in the steps of AlphaCodium.

    Args:
        role: who; needs the skills in `SKILLS`.
        ideas: how many solutions are written at most.
        repairs: of each, on its own examples and again on the added checks.
        clauses: for how many sentences of the requirement checks are added.
    """
    worker = role or member("solver", "You write correct programs.", skills=SKILLS)
    program = Program(lambda pool: solve(Table.of(pool), worker.name, ideas, repairs, clauses))
    return Team(name="codium", roles=(worker,), protocol=program, skills=load_skills())


def solve(table: Table, name: str, ideas: int, repairs: int, clauses: int) -> Steps[Ending]:
    """The flow itself."""
    yield from table.do(Utterance, table.act(name, "reflect_problem"))
    yield from table.do(Utterance, table.act(name, "reason_on_tests"))
    ranked = yield from _ranked(table, name)
    thoughts, best = list(table.messages), None
    for number, idea in enumerate(ranked[:ideas]):
        act = table.act(name, "write_solution", sees=thoughts, idea=idea, candidate=str(number))
        yield from table.do(SourceCode, act)
        work = yield from _run(table, name, table.messages[-1], [])
        work = yield from _mended(table, name, work, repairs)
        if best is None or _score(work.result) > _score(best.result):
            best = work
        if work.result.clean:
            break
    if best is None:
        return (yield from table.end(name, "", "no idea", "stopped"))
    suites = yield from _more_tests(table, name, clauses)
    best = yield from _run(table, name, best.program, suites)
    best = yield from _mended(table, name, best, repairs)
    passed, every = len(best.result.passed), len(best.result.results)
    outcome = "done" if best.result.clean and every else "stopped"
    return (yield from table.end(name, _text(best.program), f"{passed} of {every} checks pass", outcome))


def _ranked(table: Table, name: str) -> Steps[list[str]]:
    """The proposals, the one that is judged best first."""
    ideas = list((yield from table.do(Agenda, table.act(name, "propose_solutions"))).tasks)
    choices = "\n".join(f"{number}: {idea}" for number, idea in enumerate(ideas, start=1))
    act = table.act(name, "choose", question=note("best_proposal"), choices=choices)
    chosen = yield from table.do(Choice, act)
    best = ideas[int(chosen.choice) - 1]
    return [best, *(idea for idea in ideas if idea != best)]


def _more_tests(table: Table, name: str, clauses: int) -> Steps[list[Message]]:
    requirement = table.messages[0]
    document = requirement.artifact
    wanted = document.behaviour[:clauses] if isinstance(document, Requirement) else ()
    acts = [table.act(name, "write_test", sees=[requirement], clause=clause.id) for clause in wanted]
    suites = yield from table.do_all(TestSuite, acts)
    return table.messages[len(table.messages) - len(suites) :]


def _run(table: Table, name: str, program: Message, suites: list[Message]) -> Steps[Work]:
    act = table.act(name, "run_code", sees=[table.messages[0], program, *suites])
    yield from table.do(TestReport, act)
    return Work(program, table.messages[-1], suites)


def _mended(table: Table, name: str, work: Work, repairs: int) -> Steps[Work]:
    """The best after some repairs. Passed checks are anchors: a repair that loses one is thrown away."""
    for turn in range(repairs):
        if work.result.clean or not work.result.results:
            break
        failed = work.result.failed
        check = failed[turn % len(failed)].check if failed else ""
        sees = [table.messages[0], work.program, *work.suites, work.report]
        number = str(len(table.messages))  # every program of a run has its own
        act = table.act(name, "debug_error", sees=sees, attempt=number, revision=number, check=check)
        yield from table.do(SourceCode, act)
        again = yield from _run(table, name, table.messages[-1], work.suites)
        if again.result.passed >= work.result.passed and _score(again.result) > _score(work.result):
            work = again
    return work


def _score(report: TestReport) -> tuple[int, int]:
    return -sum(finding.fatal for finding in report.findings), len(report.passed)


def _text(program: Message) -> str:
    files = program.artifact.files if isinstance(program.artifact, SourceCode) else ()
    return "\n\n".join(f"{file.path}\n```\n{file.content.rstrip()}\n```" for file in files)
