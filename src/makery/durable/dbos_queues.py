"""The queues from which workers take work: DBOS's, with DBOS's own limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dbos import DBOS

from makery.kernel.artifact import Frozen

RUNS, ACTS = "makery.runs", "makery.acts"
RUN, ACT, CALL, TICKET = "makery.run", "makery.act", "makery.call", "makery.ticket"
SCHEDULED = "makery.scheduled"
"""Names of workflows: conducting a run, one act, one model call, leave to use up some tokens, beginning what
is due."""
SHARED = (RUN, ACT, CALL, TICKET, SCHEDULED)
"""All of them: what any worker can do."""
POLL_SECONDS = 0.2
"""Between two looks of a worker at a queue, and at the outcome of what others do."""
TICKET_TOKENS = 500
"""So many tokens are one ticket; DBOS limits how many things start, so tokens are counted in things."""


class Pace(Frozen):
    """How fast one model may be called by all workers together; None is no limit."""

    at_once: int | None = None
    at_once_per_tenant: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True)
class Capacity:
    """How much is done at the same time."""

    runs: int = 100
    """Runs that one worker conducts; one that waits costs memory only."""
    acts: int = 4
    """Acts that one worker performs."""
    paces: Mapping[str, Pace] = field(default_factory=dict[str, Pace])
    """By model."""


@dataclass(frozen=True)
class Errand:
    """Work that any worker can do: which workflow, on which queue, with what."""

    workflow: str
    queue: str
    arguments: tuple[Any, ...]
    partition: str | None = None


def calls_queue(model: str) -> str:
    """Where calls of a model wait."""
    return f"makery.calls.{model}"


def tickets_queue(model: str) -> str:
    """Where calls of a model wait for leave to use up tokens."""
    return f"makery.tokens.{model}"


def names(capacity: Capacity) -> list[str]:
    """All queues that a worker takes work from."""
    calls = [calls_queue(model) for model in capacity.paces]
    tickets = [tickets_queue(model) for model, pace in capacity.paces.items() if pace.tokens_per_minute]
    return [RUNS, ACTS, *calls, *tickets]


async def register(capacity: Capacity) -> None:
    """Tell DBOS of the queues; what is said last holds for all workers."""
    await _queue(RUNS, worker_concurrency=capacity.runs)
    await _queue(ACTS, worker_concurrency=capacity.acts)
    for model, pace in capacity.paces.items():
        rate = pace.requests_per_minute
        await _queue(
            calls_queue(model),
            global_concurrency=pace.at_once,
            partition_concurrency=pace.at_once_per_tenant,
            limiter={"limit": rate, "period": 60.0} if rate else None,
        )
        if pace.tokens_per_minute:
            limit = max(1, pace.tokens_per_minute // TICKET_TOKENS)
            await _queue(tickets_queue(model), limiter={"limit": limit, "period": 60.0})


async def _queue(name: str, **limits: Any) -> None:
    await DBOS.register_queue_async(
        name, polling_interval_sec=POLL_SECONDS, on_conflict="always_update", **limits
    )


def tickets_for(tokens: int, pace: Pace) -> int:
    """How many tickets a call needs; never more than there are in a minute, or it would wait for ever."""
    if not pace.tokens_per_minute:
        return 0
    most = max(1, pace.tokens_per_minute // TICKET_TOKENS)
    return min(most, -(-tokens // TICKET_TOKENS))
