"""What the client of the MCP server is shown of a run, and of what a run asks."""

from typing import Any

from pydantic import BaseModel

from makery.app.questions import OpenQuestion, OpenTurn
from makery.app.result import RunResult


class Waiting(BaseModel):
    """Something that a run waits for somebody to say."""

    run_id: str
    kind: str
    """`gate`: a document is to be approved, edited or rejected. `seat`: somebody is to speak for a role."""
    since: float
    """Unix time, seconds."""
    gate: str = ""
    """`prd`, `design`, `plan` or `delivery`."""
    document: dict[str, Any] = {}
    """What is to be decided on: `kind` and `data`."""
    role: str = ""
    """Whose seat it is."""
    question: str = ""
    """What is asked there."""
    choices: list[str] = []
    """If there are some, the answer is one of them."""


class RunState(BaseModel):
    """A run as the client sees it."""

    run_id: str
    state: str
    """`running`, `ended`, `paused`, `failed` or `cancelled`."""
    verdict: str = ""
    message: str = ""
    folder: str
    files: list[str] = []
    how_to_run: str = ""
    reasons: list[str] = []
    """Why it is not verified."""
    waiting: list[Waiting] = []
    """What it waits for somebody to say; it does not go on before."""
    answer: str = ""
    """What a team came to."""
    seconds: float = 0.0
    calls: int = 0
    usd: float = 0.0


def waiting_for(asked: OpenQuestion | OpenTurn) -> Waiting:
    """A question of a run, for the client."""
    if isinstance(asked, OpenQuestion):
        return Waiting(
            run_id=asked.run, kind="gate", since=asked.since, gate=asked.gate, document=asked.document
        )
    question = "\n".join(filter(None, (asked.text, asked.draft)))
    return Waiting(
        run_id=asked.run,
        kind="seat",
        since=asked.since,
        role=asked.role,
        question=question,
        choices=list(asked.choices),
    )


def state_of(result: RunResult, waiting: list[Waiting]) -> RunState:
    """A run, for the client."""
    verdict = result.verdict
    return RunState(
        run_id=result.run_id,
        state=result.state,
        verdict=verdict.status if verdict else "",
        message=result.message,
        folder=str(result.workspace),
        files=list(result.files),
        how_to_run=result.how_to_run,
        reasons=list(verdict.reasons) if verdict else [],
        waiting=waiting,
        answer=getattr(result.artifact, "text", ""),
        seconds=round(result.seconds, 1),
        calls=result.used.calls,
        usd=round(result.used.usd, 6),
    )
