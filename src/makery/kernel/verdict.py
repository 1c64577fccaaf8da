"""The verdict: a value computed from evidence, never read out of a model's reply."""

from collections.abc import Iterable, Sequence
from typing import Literal

from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.documents import Behaviour, Check, MutationReport, Requirement, Ruling, TestReport

Status = Literal["verified", "partly verified", "not verified"]

ENOUGH_MUTANTS_CAUGHT = 0.8
"""Below this share of caught mutants the checks are too weak to prove the program.

Seen with half: a run whose checks missed `<` changed to `<=` was called verified, and 0 was handled wrong.
"""


class Proof(Frozen):
    """What is known about one clause."""

    clause: str
    quote: str
    checks: tuple[str, ...]
    """Checks that passed and were seen to fail on a stub."""
    failed: tuple[str, ...]
    """Checks that did not pass."""
    weak: tuple[str, ...] = ()
    """Checks that passed but prove nothing: they pass on a stub, or not every time."""

    @property
    def proved(self) -> bool:
        """At least one real check passed and none failed."""
        return bool(self.checks) and not self.failed


class Verdict(Artifact):
    """What was proved about a delivery, clause by clause."""

    status: Status
    candidate: int
    revision: int
    proofs: tuple[Proof, ...]
    passed: int
    failed: int
    mutants: int
    caught: int
    dropped: tuple[str, ...] = ()
    """Checks that arbitration found to contradict their clause."""
    shortened: tuple[str, ...] = ()
    """Checks of which arbitration left only the first steps."""
    corrected: tuple[str, ...] = ()
    """Checks into which arbitration put the value that most votes arrived at."""
    independent: int = 0
    """Programs written independently of it whose behaviour was compared with its own."""
    agreeing: int = 0
    """Those of them that behaved the same."""
    reasons: tuple[str, ...] = ()
    """Why it is not `verified`; empty if it is."""

    @property
    def clauses_proved(self) -> int:
        """How many clauses have a proof."""
        return sum(proof.proved for proof in self.proofs)

    def __str__(self) -> str:
        return (
            f"{self.status}: {self.clauses_proved} of {len(self.proofs)} clauses checked, "
            f"{self.passed} checks passed, {self.failed} failed, "
            f"{self.caught} of {self.mutants} mutants caught"
        )


def judge(
    requirement: Requirement,
    checks: Iterable[Check],
    report: TestReport,
    rulings: Iterable[Ruling] = (),
    mutation: MutationReport | None = None,
    behaviours: Sequence[Behaviour] = (),
) -> Verdict:
    """Compute the verdict on the program that `report` is about.

    `checks` are as they were run: without what rulings took out of them. `verified` takes all of: every
    behaviour-stating clause has a passed check that was seen to fail on a stub, no valid check failed, no
    fatal static finding, and the checks catch enough mutants; and where behaviour was compared, a program
    written independently behaves the same. `behaviours` are the others', and last the program's own.
    """
    overruled = [ruling for ruling in rulings if not ruling.upheld]
    whole = {ruling.check for ruling in overruled if not ruling.line}
    valid = [check for check in checks if check.id not in whole]
    ids = {check.id for check in valid}
    dropped = {ruling.check for ruling in overruled} - ids
    cut = {ruling.check for ruling in overruled if not ruling.value}
    proofs = tuple(_proof(clause.id, clause.text, valid, report) for clause in requirement.behaviour)
    passed = len(report.passed & ids)
    failed = len(ids) - passed
    mutants = mutation.mutants if mutation else 0
    caught = mutation.caught if mutation else 0
    own = [behaviour for behaviour in behaviours[-1:] if behaviour.values]
    others = behaviours[:-1] if own else ()  # a class's methods are not called, so nothing is compared
    agreeing = sum(other.agrees(mine) for mine in own for other in others)
    reasons = (*_reasons(proofs, report, failed, mutants, caught), *_disagreement(own, others, agreeing))
    proved = any(proof.proved for proof in proofs)
    broken = any(finding.fatal for finding in report.findings)
    status: Status = (
        "verified" if not reasons else "partly verified" if proved and not broken else "not verified"
    )
    return Verdict(
        status=status,
        candidate=report.candidate,
        revision=report.revision,
        proofs=proofs,
        passed=passed,
        failed=failed,
        mutants=mutants,
        caught=caught,
        dropped=tuple(sorted(dropped)),
        shortened=tuple(sorted(cut - dropped)),
        corrected=tuple(sorted({ruling.check for ruling in overruled} - cut - dropped)),
        independent=len(others),
        agreeing=agreeing,
        reasons=reasons,
    )


def _proof(clause: str, quote: str, checks: list[Check], report: TestReport) -> Proof:
    mine = [check.id for check in checks if clause in check.clauses]
    doubtful = {*report.proves_nothing, *report.unstable}
    passed = [check for check in mine if check in report.passed]
    return Proof(
        clause=clause,
        quote=quote,
        checks=tuple(check for check in passed if check not in doubtful),
        failed=tuple(check for check in mine if check not in report.passed),
        weak=tuple(check for check in passed if check in doubtful),
    )


def _reasons(
    proofs: tuple[Proof, ...], report: TestReport, failed: int, mutants: int, caught: int
) -> Iterable[str]:
    unproved = [proof.clause for proof in proofs if not proof.proved]
    if not proofs:
        yield "the requirement states no behaviour that could be checked"
    if unproved:
        yield f"no executed check proves {', '.join(unproved)}"
    if failed:
        yield f"{failed} check{'s' if failed > 1 else ''} failed"
    for finding in report.findings:
        if finding.fatal:
            yield f"{finding.path}:{finding.line}: {finding.message}"
    if not mutants:
        yield "no mutant was tried, so the checks were not shown to be able to fail"
    elif caught < ENOUGH_MUTANTS_CAUGHT * mutants:
        yield f"the checks caught only {caught} of {mutants} broken copies of the program"


def _disagreement(own: Sequence[Behaviour], others: Sequence[Behaviour], agreeing: int) -> Iterable[str]:
    if others and not agreeing:
        calls = own[0].differs(others[0])
        yield "no independently written program behaves the same" + (f", as in {calls[0]}" if calls else "")
