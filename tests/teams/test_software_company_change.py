"""A change keeps what worked: the repository's own tests run before and after."""

from makery.durable.inline import InlineEngine
from makery.kernel.documents import (
    AS_FOUND,
    Check,
    CheckResult,
    Clause,
    Requirement,
    SourceFile,
    Target,
    TestReport,
)
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.scheduler import Scheduler
from makery.kernel.verdict import Verdict
from makery.teams.software_company import best_program, team
from makery.testing import FakeVerifier, ListSink, ScriptedModel, toolbox

TEXT = "`add` must add."
OLD = (
    Check(id="R_good", clauses=(), code="", origin="repository"),
    Check(id="R_bad", clauses=(), code="", origin="repository"),
)


def requirement() -> Requirement:
    return Requirement(
        text=TEXT,
        target=Target(language="python", kind="module", entry=("calc.py",)),
        clauses=(Clause(id="C1", text=TEXT, start=0, end=len(TEXT)),),
        seed=(SourceFile(path="calc.py", content="old\n"), SourceFile(path="other.py", content="kept\n")),
    )


def report(_requirement, program, checks) -> TestReport:
    """`R_bad` fails before and after; everything else passes after the change."""
    results = tuple(
        CheckResult(check=check.id, outcome="failed" if check.id == "R_bad" else "passed") for check in checks
    )
    return TestReport(candidate=program.candidate, revision=program.revision, results=results)


async def changed() -> Pool:
    pool = Pool((Message(id="start", sender="user", artifact=requirement()),))
    model = ScriptedModel(
        {
            "write_code": ["calc.py\n```python\nnew\n```"],
            "write_test": [
                "```python\ndef test_add():\n    from calc import add\n    assert add(1, 2) == 3\n```"
            ],
        }
    )
    verifier = FakeVerifier(reports=report, examples=OLD, mutants=4, caught=4)
    tools = toolbox(models=model, verifier=verifier)
    await Scheduler(team("duo"), pool, tools, InlineEngine(), ListSink(), run="r").run()
    return pool


async def test_own_tests_run_before_the_change_and_an_old_failure_is_not_held_against_it():
    pool = await changed()
    verdict = pool.latest(Verdict)
    assert verdict is not None and verdict.status == "verified"
    assert verdict.dropped == ("R_bad",)
    assert [r.candidate for r in pool.artifacts(TestReport)].count(AS_FOUND) == 1


async def test_files_that_the_change_does_not_name_stay():
    program = best_program(await changed())
    assert program is not None
    assert program.as_mapping() == {"calc.py": "new\n", "other.py": "kept\n"}
