"""How results are told: sentences for people, one JSON object for programs."""

import json
from typing import Any

import typer

from makery.app.artifacts import record_of
from makery.app.result import RunResult
from makery.interfaces.cli.text import duration, usage
from makery.kernel.dialogue import Ending
from makery.kernel.errors import MakeryError
from makery.kernel.skill import Skill


def print_result(result: RunResult, *, as_json: bool) -> None:
    """Print how a run stands; what stopped it goes to standard error."""
    if as_json:
        typer.echo(json.dumps(result_object(result), ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(result)))
    if result.error is not None:
        typer.echo(_stopped(result, result.error), err=True)


def print_run(result: RunResult, *, as_json: bool) -> None:
    """Print what a run was asked for, then how it stands."""
    if not as_json:
        first, *rest = result.requirement.strip().splitlines() or [""]
        typer.echo(f"Asked:   {first}{' …' if rest else ''}")
    print_result(result, as_json=as_json)


def result_object(result: RunResult) -> dict[str, Any]:
    """The object that `--json` prints. Scripts depend on its names: add, never rename."""
    used, verdict = result.used.usage, result.verdict
    tokens = {
        "prompt": used.prompt_tokens,
        "completion": used.completion_tokens,
        "cached": used.cached_tokens,
    }
    return {
        "run_id": result.run_id,
        "requirement": result.requirement,
        "verdict": verdict.status if verdict else "not verified",
        "out": str(result.workspace),
        "seconds": round(result.seconds, 3),
        "tokens": tokens,
        "usd": round(result.used.usd, 6),
        "calls": result.used.calls,
        "exit_status": result.exit_status,
        "state": result.state,
        "message": result.message,
        "error": type(result.error).__name__ if result.error else "",
        "continue_with": result.continue_with,
        "mode": result.mode,
        "model": result.model,
        "model_seconds": round(result.used.seconds, 3),
        "clauses": {"proved": verdict.clauses_proved, "all": len(verdict.proofs)} if verdict else None,
        "reasons": list(verdict.reasons) if verdict else [],
        "run": result.how_to_run,
        "files": list(result.files),
        "branch": result.branch,
        "artifact": record_of(result.artifact) if result.artifact else None,
    }


def _lines(result: RunResult) -> list[str]:
    lines = [str(result.verdict)] if result.verdict else []
    lines += _standing(result)
    if isinstance(result.artifact, Ending):
        lines.append(result.artifact.text)
    elif result.artifact is not None:
        lines.append(json.dumps(result.artifact.model_dump(mode="json"), ensure_ascii=False, indent=2))
    if result.verdict:
        lines += [f"  not proved: {reason}" for reason in result.verdict.reasons]
    if result.files:
        where = f" on branch {result.branch}" if result.branch else ""
        lines.append(f"Program: {result.workspace}{where} ({', '.join(result.files[:6])})")
    if result.how_to_run:
        lines.append(f"Run it:  cd {result.workspace} && {result.how_to_run}")
    report = result.workspace / ".makery" / "report.md"
    if result.kind not in ("skill", "team") and report.is_file():
        lines.append(f"Report:  {report}")
    lines.append(f"Run {result.run_id}: {result.state}, {duration(result.seconds)}, {usage(result.used)}")
    if result.continue_with and result.error is None:
        lines.append(f"Continue it with: {result.continue_with}")
    return lines


def _standing(result: RunResult) -> list[str]:
    """What a run that is looked at later is waiting for; what stopped one just now is told as an error."""
    if result.error is not None:
        return []
    if result.state == "ended":  # with more to say than its verdict if somebody rejected what was made
        rejected = result.verdict is not None and result.message != str(result.verdict)
        return [result.message] if rejected else []
    if result.state == "running":
        return ["Still running."]
    return [f"Stopped: {result.message}"] if result.message else []


def _stopped(result: RunResult, error: MakeryError) -> str:
    from makery.interfaces.cli.failure import message_of

    kept = (
        f"What was made so far is in {result.workspace}: {', '.join(result.files[:6])}."
        if result.files
        else "Nothing was written yet."
    )
    go_on = f"\nContinue it with: {result.continue_with}" if result.continue_with else ""
    return f"{message_of(error)}\n{kept}{go_on}"


def print_skill(skill: Skill[Any, Any], *, as_json: bool) -> None:
    """Print a skill's purpose and the JSON schemas of its input and output."""
    facts = {
        "skill": skill.name,
        "purpose": skill.purpose,
        "takes": skill.takes().model_json_schema(),
        "gives": skill.produces().kind(),
        "output": skill.produces().model_json_schema(),
    }
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    typer.echo(f"{skill.name}: {skill.purpose}\n")
    typer.echo(f"Takes {', '.join(skill.takes().model_fields)}; gives {skill.produces().kind()}.\n")
    typer.echo(json.dumps(facts["output"], ensure_ascii=False, indent=2))
