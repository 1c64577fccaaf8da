"""The verdict is computed from evidence and can only get worse when evidence is taken away."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from makery.kernel.documents import (
    Behaviour,
    Check,
    CheckResult,
    Clause,
    Finding,
    MutationReport,
    Requirement,
    Ruling,
    Target,
    TestReport,
)
from makery.kernel.verdict import ENOUGH_MUTANTS_CAUGHT, Verdict, judge

RANK = {"not verified": 0, "partly verified": 1, "verified": 2}
TARGET = Target(language="python", kind="cli", entry=("main.py",))


def requirement(clauses: int, background: int = 0) -> Requirement:
    """Clauses `C1`, … that state behaviour, then some that do not."""
    text = "abcdefghij"
    return Requirement(
        text=text,
        target=TARGET,
        clauses=tuple(
            Clause(id=f"C{n + 1}", text=text[n], start=n, end=n + 1, states_behaviour=n < clauses)
            for n in range(clauses + background)
        ),
    )


def check(name: str, *clauses: str) -> Check:
    return Check(id=name, clauses=clauses, code=f"def test_{name}(): ...")


class Evidence:
    """Everything that a verdict is computed from."""

    def __init__(
        self,
        wanted: Requirement,
        checks: list[Check],
        report: TestReport,
        rulings: list[Ruling],
        mutation: MutationReport | None,
    ) -> None:
        self.requirement = wanted
        self.checks = checks
        self.report = report
        self.rulings = rulings
        self.mutation = mutation

    def __repr__(self) -> str:
        return f"Evidence({self.checks}, {self.report}, {self.rulings}, {self.mutation})"

    def judge(self, checks: list[Check] | None = None, report: TestReport | None = None) -> Verdict:
        return judge(
            self.requirement,
            self.checks if checks is None else checks,
            report or self.report,
            self.rulings,
            self.mutation,
        )


OUTCOMES = st.sampled_from(["passed", "passed", "passed", "failed", "error", "timeout"])


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    wanted = requirement(draw(st.integers(0, 4)), draw(st.integers(0, 2)))
    ids = [clause.id for clause in wanted.clauses] or ["C1"]
    names = [f"t{n}" for n in range(draw(st.integers(0, 6)))]
    checks = [check(name, *draw(st.lists(st.sampled_from(ids), unique=True, max_size=3))) for name in names]
    results = tuple(
        CheckResult(check=name, outcome=draw(OUTCOMES)) for name in names if draw(st.integers(0, 9)) > 0
    )
    some = st.lists(st.sampled_from(names), unique=True, max_size=2).map(tuple) if names else st.just(())
    finding = Finding(path="a.py", line=1, rule="syntax", message="m", fatal=draw(st.booleans()))
    report = TestReport(
        candidate=0, revision=0, results=results, proves_nothing=draw(some), unstable=draw(some),
        findings=(finding,) if draw(st.integers(0, 4)) == 0 else (),
    )  # fmt: skip
    rulings = [
        Ruling(check=name, upheld=draw(st.booleans()), votes_for=1, votes_against=1) for name in draw(some)
    ]
    mutants = draw(st.integers(0, 6))
    mutation = MutationReport(candidate=0, revision=0, mutants=mutants, caught=draw(st.integers(0, mutants)))
    return Evidence(wanted, checks, report, rulings, draw(st.sampled_from([None, mutation, mutation])))


@given(evidences())
def test_verified_means_all_that_it_promises(evidence: Evidence) -> None:
    verdict = evidence.judge()
    report, mutation = evidence.report, evidence.mutation
    valid = [c for c in evidence.checks if c.id not in verdict.dropped]
    real = {c.id for c in valid} & report.passed - set(report.proves_nothing) - set(report.unstable)
    behaviour = evidence.requirement.behaviour
    promised = (
        bool(behaviour)
        and all(any(clause.id in c.clauses and c.id in real for c in valid) for clause in behaviour)
        and all(c.id in report.passed for c in valid)
        and not any(finding.fatal for finding in report.findings)
        and mutation is not None
        and mutation.mutants > 0
        and mutation.caught >= ENOUGH_MUTANTS_CAUGHT * mutation.mutants
    )
    assert (verdict.status == "verified") == promised
    assert bool(verdict.reasons) == (verdict.status != "verified")


@given(evidences(), st.data())
def test_taking_a_passed_check_away_never_raises_the_status(evidence: Evidence, data: st.DataObject) -> None:
    passed = [c for c in evidence.checks if c.id in evidence.report.passed]
    assume(passed)
    gone = data.draw(st.sampled_from(passed))
    without = evidence.judge([c for c in evidence.checks if c is not gone])
    assert RANK[without.status] <= RANK[evidence.judge().status]


@given(evidences(), st.data())
def test_a_check_that_fails_instead_of_passing_never_raises_the_status(
    evidence: Evidence, data: st.DataObject
) -> None:
    assume(evidence.report.passed)
    broken = data.draw(st.sampled_from(sorted(evidence.report.passed)))
    results = tuple(
        result.model_copy(update={"outcome": "failed"}) if result.check == broken else result
        for result in evidence.report.results
    )
    worse = evidence.judge(report=evidence.report.model_copy(update={"results": results}))
    assert RANK[worse.status] <= RANK[evidence.judge().status]


@given(evidences(), st.data())
def test_a_check_found_to_prove_nothing_never_raises_the_status(
    evidence: Evidence, data: st.DataObject
) -> None:
    assume(evidence.checks)
    weak = data.draw(st.sampled_from(evidence.checks)).id
    for field in ("proves_nothing", "unstable"):
        known = getattr(evidence.report, field)
        worse = evidence.judge(report=evidence.report.model_copy(update={field: (*known, weak)}))
        assert RANK[worse.status] <= RANK[evidence.judge().status]


@given(evidences())
def test_a_fatal_finding_is_never_better_than_not_verified(evidence: Evidence) -> None:
    fatal = Finding(path="a.py", line=1, rule="syntax", message="invalid syntax")
    verdict = evidence.judge(report=evidence.report.model_copy(update={"findings": (fatal,)}))
    assert verdict.status == "not verified"
    assert "a.py:1: invalid syntax" in verdict.reasons


@given(evidences())
def test_the_sentence_counts_what_the_proofs_hold(evidence: Evidence) -> None:
    verdict = evidence.judge()
    assert [proof.clause for proof in verdict.proofs] == [c.id for c in evidence.requirement.behaviour]
    assert str(verdict).startswith(
        f"{verdict.status}: {verdict.clauses_proved} of {len(verdict.proofs)} clauses"
    )
    assert verdict.passed + verdict.failed == len({c.id for c in evidence.checks} - set(verdict.dropped))
    assert Verdict.load("Verdict", verdict.model_dump(mode="json")) == verdict


def test_a_check_that_never_ran_counts_as_failed() -> None:
    report = TestReport(candidate=0, revision=0)
    verdict = judge(requirement(1), [check("t", "C1")], report, (), mutation(4, 4))
    assert (verdict.status, verdict.failed) == ("not verified", 1)


def mutation(mutants: int, caught: int) -> MutationReport:
    return MutationReport(candidate=0, revision=0, mutants=mutants, caught=caught)


def passed(*names: str) -> TestReport:
    results = tuple(CheckResult(check=name, outcome="passed") for name in names)
    return TestReport(candidate=0, revision=0, results=results)


@pytest.mark.parametrize(
    ("tried", "status", "reason"),
    [
        (mutation(5, 4), "verified", ""),
        (mutation(5, 3), "partly verified", "only 3 of 5"),
        (mutation(0, 0), "partly verified", "no mutant was tried"),
        (None, "partly verified", "no mutant was tried"),
    ],
)
def test_checks_that_catch_too_few_mutants_verify_nothing(
    tried: MutationReport | None, status: str, reason: str
) -> None:
    verdict = judge(requirement(1, 1), [check("t", "C1")], passed("t"), (), tried)
    assert verdict.status == status
    assert reason in " ".join(verdict.reasons)


def test_a_check_that_arbitration_dropped_neither_proves_nor_fails() -> None:
    checks = [check("good", "C1"), check("wrong", "C1")]
    dropped = Ruling(check="wrong", upheld=False, votes_for=0, votes_against=3)
    verdict = judge(requirement(1), checks, passed("good"), [dropped], mutation(4, 4))
    assert (verdict.status, verdict.dropped, verdict.failed) == ("verified", ("wrong",), 0)
    only = judge(requirement(1), checks[1:], passed("wrong"), [dropped], mutation(4, 4))
    assert only.status == "not verified"


@example(clauses=0)
@given(st.integers(0, 5))
def test_without_any_check_nothing_is_verified(clauses: int) -> None:
    verdict = judge(requirement(clauses), [], passed(), (), mutation(4, 4))
    assert verdict.status == "not verified"
    assert verdict.reasons


# ------------------------------------------------------------------------- independent programs


def compared(*behaviours: Behaviour) -> Verdict:
    report = TestReport(candidate=0, revision=0, results=(CheckResult(check="t", outcome="passed"),))
    mutation = MutationReport(candidate=0, revision=0, mutants=4, caught=4)
    return judge(requirement(1), [check("t", "C1")], report, (), mutation, behaviours)


def doing(value: str, other: str = "0") -> Behaviour:
    return Behaviour(candidate=0, revision=0, values=(("f(1)", value), ("f(2)", other)))


def test_one_program_of_several_that_behaves_the_same_is_enough() -> None:
    verdict = compared(doing("2"), doing("1"), doing("1"))
    assert (verdict.status, verdict.independent, verdict.agreeing) == ("verified", 2, 1)


def test_without_a_program_that_behaves_the_same_nothing_is_verified() -> None:
    verdict = compared(doing("2"), doing("1"))
    assert verdict.status == "partly verified"
    assert verdict.reasons == ("no independently written program behaves the same, as in f(1)",)


def test_programs_that_hardly_answered_prove_no_agreement() -> None:
    verdict = compared(doing("", ""), doing("1"))
    assert verdict.reasons == ("no independently written program behaves the same",)


def test_programs_of_which_nothing_was_called_are_not_compared() -> None:
    nothing = Behaviour(candidate=0, revision=0, values=())
    verdict = compared(nothing, nothing)
    assert (verdict.status, verdict.independent, verdict.agreeing) == ("verified", 0, 0)
