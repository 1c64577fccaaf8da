"""What persons decided at gates, as labels: examples of what they want and do not want."""

from collections.abc import Iterator, Sequence
from typing import Any

from makery.app.artifacts import record_of
from makery.app.questions import KINDS
from makery.app.run_steps import RunStep, steps_of
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Requirement
from makery.kernel.events import ActStarted, Answered, Entry, MessagePublished
from makery.kernel.gates import Decision, Gate, GateReply
from makery.teams.gates import ASK, edited


class Label(Frozen):
    """One decision of a person about one artifact.

    `edit` is a pair for preference tuning: `after` is preferred to `before`. `approve` and `reject` are a
    single artifact that is wanted or not.
    """

    run: str
    step: int
    """The step that made what was decided on, as `makery runs show RUN --steps` numbers it."""
    skill: str
    """What made it."""
    gate: Gate
    decision: Decision
    reason: str = ""
    """The person's own words."""
    who: str = ""
    when: float
    """Unix time, seconds."""
    requirement: str
    """What the run was asked for, in full."""
    before: dict[str, Any]
    """The artifact as it was made: `kind` and `data`."""
    after: dict[str, Any] | None = None
    """The artifact as the person wants it: the same if approved, None if rejected."""


def labels_of(run: str, entries: Sequence[Entry]) -> tuple[Label, ...]:
    """What persons decided in a run, the oldest first; derived from its ledger alone.

    Gates that nobody was asked at, or nobody answered, give none; nor do decisions of another run from
    which this one was forked.
    """
    requirement = _requirement(entries)
    return tuple(_label(run, requirement, *one) for one in _decisions(entries))


def _requirement(entries: Sequence[Entry]) -> str:
    for entry in entries:
        if isinstance(entry.event, MessagePublished):
            artifact = entry.event.message["artifact"]
            if artifact["kind"] == Requirement.kind():
                return str(artifact["data"]["text"])
    return ""


def _decisions(entries: Sequence[Entry]) -> Iterator[tuple[float, Gate, GateReply, RunStep]]:
    """When, at which gate, what was decided, about the result of which step."""
    gates: dict[str, Any] = {}
    for place, entry in enumerate(entries):
        match entry.event:
            case ActStarted(act=act, skill=skill, label=gate) if skill == ASK:
                gates[act] = gate
            case Answered(act=act, reply=reply) if act in gates:
                step = _decided_on(gates[act], entries[:place])
                if step is not None:
                    yield entry.at, gates[act], GateReply.model_validate_json(reply), step
            case _:
                pass


def _decided_on(gate: Gate, entries: Sequence[Entry]) -> RunStep | None:
    """The newest document of the gate's kind, which is what the person was shown."""
    kind = KINDS[gate]
    return next((step for step in reversed(steps_of(entries)) if type(step.message.artifact) is kind), None)


def _label(run: str, requirement: str, when: float, gate: Gate, reply: GateReply, step: RunStep) -> Label:
    before = record_of(step.message.artifact)
    after: dict[str, Any] | None = None
    if reply.decision == "edit":
        after = record_of(edited(before["kind"], before["data"], reply.document or {}))
    elif reply.decision == "approve":
        after = before
    return Label(
        run=run,
        step=step.number,
        skill=step.message.skill,
        gate=gate,
        decision=reply.decision,
        reason=reply.note,
        who=reply.by,
        when=when,
        requirement=requirement,
        before=before,
        after=after,
    )
