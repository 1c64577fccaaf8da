"""Which clause is proved by which checks: the table that a delivery carries."""

from collections.abc import Iterable
from typing import Literal

from makery.kernel.artifact import Frozen
from makery.kernel.documents import Check, Requirement
from makery.kernel.verdict import Proof, Verdict

State = Literal["proved", "failed", "weak", "unchecked"]


class TracedCheck(Frozen):
    """A check of a clause and how it ended."""

    id: str
    origin: Literal["requirement", "qa", "repository"]
    result: Literal["passed", "failed", "weak", "dropped"]
    """`weak`: it passed but proves nothing; `dropped`: arbitration found that it contradicts its clause."""


class Row(Frozen):
    """One clause of the requirement."""

    clause: str
    quote: str
    state: State
    checks: tuple[TracedCheck, ...]


class Traceability(Frozen):
    """All clauses that state behaviour, in the order of the requirement; `model_dump()` is JSON-ready."""

    status: str
    rows: tuple[Row, ...]


STATES = {
    "en": {"proved": "proved", "failed": "failed", "weak": "checked, not proved", "unchecked": "not checked"},
    "zh": {"proved": "已证明", "failed": "未通过", "weak": "已检查，未证明", "unchecked": "未检查"},
}
HEADINGS = {
    "en": ("Clause", "Quote", "State", "Checks"),
    "zh": ("条款", "原文", "状态", "检查"),
}
RESULTS = {
    "en": {"passed": "passed", "failed": "failed", "weak": "proves nothing", "dropped": "dropped"},
    "zh": {"passed": "通过", "failed": "失败", "weak": "无证明力", "dropped": "已弃用"},
}


def trace(requirement: Requirement, checks: Iterable[Check], verdict: Verdict) -> Traceability:
    """The table of a verdict."""
    known = list(checks)
    proofs = {proof.clause: proof for proof in verdict.proofs}
    rows = tuple(
        _row(
            proofs.get(clause.id) or Proof(clause=clause.id, quote=clause.text, checks=(), failed=()),
            known,
            verdict,
        )
        for clause in requirement.behaviour
    )
    return Traceability(status=verdict.status, rows=rows)


def markdown(table: Traceability, locale: Literal["en", "zh"] = "en") -> str:
    """The table in Markdown, in the language of the requirement."""
    lines = [_line(HEADINGS[locale]), _line(("---",) * len(HEADINGS[locale]))]
    for row in table.rows:
        checks = ", ".join(f"{check.id} ({RESULTS[locale][check.result]})" for check in row.checks)
        lines.append(_line((row.clause, _cell(row.quote), STATES[locale][row.state], checks or "–")))
    return "\n".join(lines) + "\n"


def _row(proof: Proof, checks: list[Check], verdict: Verdict) -> Row:
    traced = tuple(_traced(check, proof, verdict) for check in checks if proof.clause in check.clauses)
    return Row(clause=proof.clause, quote=proof.quote, state=_state(proof), checks=traced)


def _traced(check: Check, proof: Proof, verdict: Verdict) -> TracedCheck:
    if check.id in verdict.dropped:
        return TracedCheck(id=check.id, origin=check.origin, result="dropped")
    if check.id in proof.checks:
        return TracedCheck(id=check.id, origin=check.origin, result="passed")
    return TracedCheck(
        id=check.id, origin=check.origin, result="weak" if check.id in proof.weak else "failed"
    )


def _state(proof: Proof) -> State:
    if proof.failed:
        return "failed"
    if proof.checks:
        return "proved"
    return "weak" if proof.weak else "unchecked"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
