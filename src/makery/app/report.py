"""`report.md`, `verdict.json`, `traceability.json`: what was asked, proved, not proved, and paid."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from makery.app.documents import check_files, table
from makery.app.left_out import left_out
from makery.app.meter import Meter, Tally
from makery.app.result import RunResult
from makery.app.words import Words, words_of
from makery.kernel.dialogue import Executed
from makery.kernel.documents import (
    Check,
    CheckResult,
    MutationReport,
    ProductRequirements,
    Requirement,
    TestReport,
    TestSuite,
)
from makery.kernel.gates import GateAnswer
from makery.kernel.pool import Pool
from makery.kernel.verdict import Proof, Verdict

Lines = Iterator[str]


@dataclass(frozen=True)
class Evidence:
    """All that a report is written from."""

    requirement: Requirement
    pool: Pool
    result: RunResult
    meter: Meter
    sandbox: str
    examples: tuple[Check, ...] = ()
    """Checks taken from the requirement itself; those of suites are in the pool."""

    @property
    def words(self) -> Words:
        """In the requirement's language."""
        return words_of(self.requirement.locale)

    @property
    def report(self) -> TestReport | None:
        """Of the judged program, else the last one."""
        verdict, reports = self.result.verdict, self.pool.artifacts(TestReport)
        judged = (verdict.candidate, verdict.revision) if verdict else None
        mine = [r for r in reports if (r.candidate, r.revision) == judged] or list(reports)
        return mine[-1] if mine else None

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks, those from the requirement first."""
        suites = self.pool.artifacts(TestSuite)
        return (*self.examples, *(check for suite in suites for check in suite.checks))


def report_files(evidence: Evidence) -> dict[str, str]:
    """The files by path in the workspace; `verdict.json` only if there is a verdict."""
    files = {
        ".makery/report.md": "\n".join(_report(evidence)).rstrip() + "\n",
        ".makery/traceability.json": _json(_traceability(evidence)),
        **check_files(evidence.examples),
    }
    if evidence.result.verdict:
        verdict = {
            **evidence.result.verdict.model_dump(mode="json"),
            "sentence": str(evidence.result.verdict),
        }
        files[".makery/verdict.json"] = _json(verdict)
    return files


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


# -------------------------------------------------------------------------- report


def _report(evidence: Evidence) -> Lines:
    words, result = evidence.words, evidence.result
    yield f"# {words['report']}\n"
    yield from _ending(evidence)
    yield f"## {words['asked']}\n"
    yield from (f"> {line}".rstrip() for line in evidence.requirement.text.strip().splitlines())
    yield ""
    if result.verdict:
        yield from _proofs(evidence, result.verdict)
    if result.how_to_run:
        yield f"## {words['how_to_run']}\n\n    {result.how_to_run}\n"
    yield from _listing(words["assumptions"], _assumptions(evidence.pool, words))
    yield from _listing(words["screenshots"], _screenshots(evidence))
    yield from _listing(words["pictures"], _pictures(evidence.pool))
    yield from _cost(evidence)


def _ending(evidence: Evidence) -> Lines:
    words, result = evidence.words, evidence.result
    yield f"## {words['verdict']}\n"
    yield f"**{result.verdict}**\n\n{words['terms']}\n" if result.verdict else f"{words['no_verdict']}\n"
    if result.error is not None or (result.state != "ended" and result.message):
        yield words["stopped"].format(message=result.message) + "\n"
        if result.continue_with:
            yield words["continue"].format(command=result.continue_with) + "\n"
    if evidence.sandbox == "unsafe-local":
        yield f"{words['unsafe']}\n"


def _proofs(evidence: Evidence, verdict: Verdict) -> Lines:
    words = evidence.words
    proofs = {proof.clause: proof for proof in verdict.proofs}
    rows = [_proof_row(c.id, c.text, proofs.get(c.id), words) for c in evidence.requirement.clauses]
    yield f"## {words['what_was_proved']}\n"
    yield from table((words["clause"], words["quote"], words["check"], words["result"]), rows)
    yield ""
    yield from _listing(words["not_proved"], verdict.reasons or (words["all_proved"],))
    yield from left_out(verdict, evidence.requirement, evidence.checks, evidence.pool, words)
    mutation = evidence.pool.latest(MutationReport)
    yield from _listing(words["survivors"], mutation.survivors if mutation else ())


def _proof_row(clause: str, quote: str, proof: Proof | None, words: Words) -> tuple[str, str, str, str]:
    if proof is None:
        return clause, quote, "", words["background"]
    checks = ", ".join(dict.fromkeys((*proof.checks, *proof.failed, *proof.weak)))
    return clause, quote, checks, words[_standing(proof)]


def _standing(proof: Proof) -> str:
    if proof.failed:
        return "failed"
    if proof.proved:
        return "proved"
    return "weak" if proof.weak else "unproved"


def _listing(title: str, items: tuple[str, ...]) -> Lines:
    if items:
        yield from (f"## {title}\n", *(f"- {item}" for item in items), "")


def _assumptions(pool: Pool, words: Words) -> tuple[str, ...]:
    prd = pool.latest(ProductRequirements)
    unseen = [answer.gate for answer in pool.artifacts(GateAnswer) if answer.assumed]
    return (
        *(prd.assumptions if prd else ()),
        *(words["gate_assumed"].format(gate=gate) for gate in unseen),
    )


def _screenshots(evidence: Evidence) -> tuple[str, ...]:
    report = evidence.report
    return tuple(f"![{name}]({name})" for name in report.screenshots) if report else ()


def _pictures(pool: Pool) -> tuple[str, ...]:
    """Plots that code of a conversation drew; the report lies one folder below them."""
    paths = dict.fromkeys(path for ran in pool.artifacts(Executed) for path in ran.pictures)
    return tuple(f"![{path}](../{path})" for path in paths)


def _cost(evidence: Evidence) -> Lines:
    words, result = evidence.words, evidence.result
    names = (
        "role",
        "skill",
        "calls",
        "prompt_tokens",
        "cached_tokens",
        "completion_tokens",
        "usd",
        "model_seconds",
    )
    rows = [(*work, *_numbers(tally)) for work, tally in evidence.meter.by_work.items()]
    yield f"## {words['cost']}\n"
    yield from table(
        [words[name] for name in names], [*rows, (words["total"], "", *_numbers(evidence.meter.total))]
    )
    made = words["made_with"]
    yield "\n" + made.format(model=result.model, mode=result.mode, seconds=result.seconds, run=result.run_id)


def _numbers(tally: Tally) -> tuple[str, ...]:
    usage = tally.usage
    counts = (tally.calls, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)
    return (*map(str, counts), f"{tally.usd:.4f}", f"{tally.seconds:.1f}")


# --------------------------------------------------------------------- traceability


def _traceability(evidence: Evidence) -> list[dict[str, object]]:
    """One object a clause: its quote and place, its proof, and each of its checks with how it ended."""
    report = evidence.report
    results = {result.check: result for result in report.results} if report else {}
    verdict = evidence.result.verdict
    proofs = {proof.clause: proof for proof in verdict.proofs} if verdict else {}
    return [
        {
            "clause": clause.id,
            "quote": clause.text,
            "start": clause.start,
            "end": clause.end,
            "states_behaviour": clause.states_behaviour,
            "standing": _standing(proofs[clause.id]) if clause.id in proofs else "unproved",
            "checks": [
                _check(check, results.get(check.id))
                for check in evidence.checks
                if clause.id in check.clauses
            ],
        }
        for clause in evidence.requirement.clauses
    ]


def _check(check: Check, result: CheckResult | None) -> dict[str, str]:
    return {
        "check": check.id,
        "origin": check.origin,
        "outcome": result.outcome if result else "not run",
        "message": result.message if result else "",
    }
