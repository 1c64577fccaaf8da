"""Asking the user between two steps: a gate is an act like any other, performed by a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.documents import Delivery
from makery.kernel.errors import ContractViolation, InputError, LimitReached, Rejected
from makery.kernel.gates import Gate, GateAnswer, GateReply, Gates
from makery.kernel.message import USER
from makery.kernel.pool import Pool
from makery.kernel.ports import Inbox
from makery.kernel.protocol import Protocol
from makery.kernel.role import Role
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.team import Team
from makery.teams.plan import Plan, Result

A = TypeVar("A", bound=Artifact)

ASK, TAKE = "ask", "take_edit"

PERSON = Role(
    name=USER,
    title="user",
    goal="Get what was asked for.",
    watches=("ProductRequirements", "SystemDesign", "TaskPlan", "Delivery"),
    skills=(ASK, TAKE),
)


def passed(plan: Plan, gate: Gate, result: Result[A] | None, kind: type[A]) -> Result[A] | None:
    """A document once the user agreed to it, or the one that the user put in its place; None until then.

    Without a gate there it is the document itself.

    Raises:
        Rejected: the user does not want it.
    """
    gates = _gates(plan.pool)
    if result is None or gates is None or gate not in gates.artifact.asked:
        return result
    answer = plan.need(ask(gate, gates.id, result.id), GateAnswer)
    if answer is None:
        return None
    match answer.artifact.decision:
        case "approve":
            return result
        case "edit":
            return plan.need(_take(gate, result.id, answer.id), kind)
        case "reject":
            note = f": {answer.artifact.note}" if answer.artifact.note else "."
            raise Rejected(f"The {gate} was rejected{note}")


def ask(gate: Gate, gates: str, document: str) -> Act:
    """A person looks at a document."""
    return Act(role=USER, skill=ASK, inputs=(gates, document), options=(("gate", gate),), label=gate)


def _take(gate: Gate, document: str, answer: str) -> Act:
    return Act(role=USER, skill=TAKE, inputs=(document, answer), label=f"{gate}, edited")


def _gates(pool: Pool) -> Result[Gates] | None:
    found = pool.of(Gates)
    if not found or not isinstance(found[0].artifact, Gates):
        return None
    return Result(found[0].id, found[0].artifact)


def gated(team: Team, inbox: Inbox, *, unattended: bool) -> Team:
    """The team with a person in it, and a gate before its delivery counts.

    Args:
        team: whose protocol may pass other gates.
        inbox: brings the person's replies.
        unattended: nobody is waited for; every gate is passed on the assumption that it would be.
    """
    skills = {**team.skills, ASK: Ask(inbox, unattended=unattended), TAKE: TakeEdit()}
    return replace(team, roles=(*team.roles, PERSON), protocol=GatedDelivery(team.protocol), skills=skills)


@dataclass(frozen=True)
class GatedDelivery:
    """A protocol that is not finished before the user took the delivery."""

    inner: Protocol

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """See `kernel.protocol.Protocol`."""
        if not self.inner.finished(pool):
            return self.inner.next_acts(pool)
        plan = Plan(pool)
        self._taken(plan)
        return plan.ready

    def finished(self, pool: Pool) -> bool:
        """When the delivery, or the user's edition of it, is accepted."""
        return self.inner.finished(pool) and self._taken(Plan(pool))

    @staticmethod
    def _taken(plan: Plan) -> bool:
        made = next((m for m in plan.pool.of(Delivery) if m.sender != USER), None)
        if made is None or not isinstance(made.artifact, Delivery):
            return True  # a team that delivers otherwise has no such gate
        return passed(plan, "delivery", Result(made.id, made.artifact), Delivery) is not None


# ------------------------------------------------------------------------- skills


class Asked(Frozen):
    """What `Ask` is given."""

    gate: Gate
    gates: Gates


class Ask(Skill[Asked, GateAnswer]):
    """A document and the gate it stands at -> what a person decides."""

    name = ASK
    purpose = "A person approves, edits or rejects a document."

    def __init__(self, inbox: Inbox, *, unattended: bool) -> None:
        self._inbox = inbox
        self._unattended = unattended

    def gather(self, act: Act, artifacts: Inputs) -> Asked:
        """The gate's rules."""
        return Asked.model_validate({"gate": act.option("gate"), "gates": artifacts.one(Gates)})

    async def run(self, given: Asked, tools: Toolbox) -> GateAnswer:
        """Wait for the reply.

        Raises:
            LimitReached: nobody answered in time, and silence was not to be taken for consent.
        """
        if self._unattended:
            return GateAnswer(gate=given.gate, decision="approve", assumed=True)
        text = await self._inbox.receive(tools.purpose.act, seconds=given.gates.seconds)
        if text is not None:
            reply = GateReply.model_validate_json(text)
            return GateAnswer(gate=given.gate, **reply.model_dump())
        if given.gates.silence == "stop":
            raise LimitReached(
                f"Nobody said within {given.gates.seconds or 0:g} s whether the {given.gate} is right.",
                remedy="Continue the run to wait again, or with --yes to go on without an answer.",
            )
        return GateAnswer(gate=given.gate, decision="approve", assumed=True)


class Edition(Frozen):
    """What `TakeEdit` is given."""

    document: dict[str, Any]
    kind: str
    fields: dict[str, Any]


class TakeEdit(Skill[Edition, Artifact]):
    """A document and the user's changes -> the document as the user wants it."""

    name = TAKE
    purpose = "The user's edition of a document takes the place of the one that was made."

    def gather(self, act: Act, artifacts: Inputs) -> Edition:
        """The document and what the user sent."""
        document = next(artifact for artifact in artifacts if not isinstance(artifact, GateAnswer))
        fields = artifacts.one(GateAnswer).document or {}
        return Edition(document=document.model_dump(mode="json"), kind=document.kind(), fields=fields)

    async def run(self, given: Edition, tools: Toolbox) -> Artifact:
        """The new document.

        Raises:
            ContractViolation: it does not fit its kind, which whoever sent it should have found.
        """
        try:
            return edited(given.kind, given.document, given.fields)
        except InputError as error:
            raise ContractViolation(error.message) from error


def edited(kind: str, document: dict[str, Any], fields: dict[str, Any]) -> Artifact:
    """A document with the given fields in place of its own.

    Raises:
        InputError: the result does not fit the kind; says where.
    """
    try:
        return Artifact.load(kind, {**document, **fields})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(f"The {kind} does not fit: {place}: {first['msg']}.") from None
