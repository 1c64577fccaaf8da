"""The report says in plain words what was proved, and shows what the verdict leaves out."""

import pytest

from makery.app.meter import Meter
from makery.app.report import Evidence, report_files
from makery.app.result import RunResult
from makery.kernel.documents import Check, CheckResult, Requirement, Ruling, TestReport, TestSuite
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.verdict import Verdict, judge
from makery.testing import requirement_of

CODE = """\
def test_two(run):
    r = run("2 == 2")
    assert r.code == 0
    assert r.out == "a == b"
    assert r.out
"""
FAILED = CheckResult(
    check="C1.0.1",
    outcome="failed",
    message="assert r.out == \"a == b\"\nassert '```x == y' == 'a == b'\n  - a == b",
    line=4,
)


def report_of(text: str, ruling: Ruling | None, origin: str = "qa") -> str:
    check = Check.model_validate({"id": "C1.0.1", "clauses": ("C1",), "code": CODE, "origin": origin})
    requirement: Requirement = requirement_of(text)
    report = TestReport(candidate=0, revision=0, results=(FAILED,))
    before = Ruling(check="C1.0.1", upheld=False, votes_for=0, votes_against=0, reason="r")
    verdict: Verdict = judge(requirement, [check], report, [ruling or before])
    artifacts = [requirement, TestSuite(checks=(check,)), report, *([ruling] if ruling else []), verdict]
    pool = Pool(
        Message(id=str(number), sender="qa", artifact=artifact) for number, artifact in enumerate(artifacts)
    )
    result = RunResult.model_validate(
        {
            "run_id": "r1", "kind": "build", "requirement": text, "mode": "duo", "model": "m",
            "workspace": "/w", "state": "ended", "exit_status": 3, "verdict": verdict,
        }
    )  # fmt: skip
    evidence = Evidence(requirement=requirement, pool=pool, result=result, meter=Meter(), sandbox="fake")
    return report_files(evidence)[".makery/report.md"]


def ruling(line: int = 0) -> Ruling:
    return Ruling(
        check="C1.0.1", line=line, upheld=False, votes_for=0, votes_against=3, reason="It prints\nx."
    )


def test_a_dropped_check_is_shown_with_steps_expectation_result_and_reason() -> None:
    text = report_of("It prints x == y.", ruling())

    section = text[text.index("### C1.0.1: C1 “It prints x == y.”") :]
    for part in (
        "Steps:\n\n    r = run('2 == 2')\n    assert r.code == 0\n",
        "The check expected:\n\n    'a == b'\n",
        "The program gave:\n\n    '```x == y'\n",
        "Why it was left out: It prints x. (asked anew what is right, 0 answers agreed with the check and 3",
    ):
        assert part in section


def test_a_shortened_check_is_shown_up_to_the_step_that_was_wrong() -> None:
    text = report_of("It prints x == y.", ruling(line=4))

    section = text[text.index("## Checks of which only the steps before a wrong one count") :]
    assert "    assert r.out == 'a == b'\n" in section and "    assert r.out\n" not in section


def test_a_check_that_was_put_right_is_shown_as_such_and_not_as_cut() -> None:
    text = report_of("It prints x == y.", ruling(line=4).model_copy(update={"value": "'a'"}))

    section = text[text.index("## Checks that expected a wrong value, put right") :]
    assert "### C1.0.1" in section and "Why the program's value was put in: It prints x." in section
    assert "only the steps before" not in text


def test_a_test_of_the_repository_that_failed_before_the_change_says_so() -> None:
    text = report_of("It prints x.", None, origin="repository")

    assert "Why it was left out: it failed before the change already" in text


@pytest.mark.parametrize(
    ("text", "clause", "mutant", "reason"),
    [
        ("It prints x.", "A clause is one statement", "a mutant is a copy", "Why it was left out"),
        ("程序输出问候语。", "条款（clause）是", "变异体（mutant）是", "未采用的原因"),
    ],
)
def test_jargon_is_explained_before_it_is_used_again_in_either_language(
    text: str, clause: str, mutant: str, reason: str
) -> None:
    report = report_of(text, ruling())

    assert clause in report and mutant in report and reason in report
    assert report.index(clause) < report.index("\n## ", report.index("verified"))
