"""What a run waits for a person to decide."""

from collections.abc import Sequence
from typing import Any

from makery.app.artifacts import record_of
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Delivery, ProductRequirements, SystemDesign, TaskPlan
from makery.kernel.errors import InputError
from makery.kernel.events import ActStarted, Answered, Entry, MessagePublished, PersonAsked
from makery.kernel.gates import Decision, GateReply
from makery.kernel.message import Message
from makery.kernel.sight import Sight
from makery.teams.gates import ASK, edited

_CONSENTS = {"y": "yes", "n": "no"}
KINDS = {"prd": ProductRequirements, "design": SystemDesign, "plan": TaskPlan, "delivery": Delivery}
"""What is decided on at each gate."""


class OpenQuestion(Frozen):
    """A gate at which a run waits."""

    run: str
    act: str
    gate: str
    """`prd`, `design`, `plan` or `delivery`."""
    since: float
    """Unix time, seconds."""
    document: dict[str, Any]
    """What is to be decided on: `kind` and `data`."""


def open_questions(run: str, entries: Sequence[Entry]) -> tuple[OpenQuestion, ...]:
    """The gates that were reached and not answered, oldest first."""
    answered = {e.event.act for e in entries if isinstance(e.event, MessagePublished | Answered)}
    reached = {e.event.act: e for e in entries if isinstance(e.event, ActStarted) and e.event.skill == ASK}
    return tuple(
        OpenQuestion(
            run=run, act=act, gate=_label(entry), since=entry.at, document=_document(_label(entry), entries)
        )
        for act, entry in reached.items()
        if act not in answered
    )


class OpenTurn(Frozen):
    """A seat in which a person is waited for."""

    run: str
    act: str
    role: str
    """Whose seat it is."""
    text: str
    """What the person is asked."""
    choices: tuple[str, ...] = ()
    """If there are some, the answer is one of them, or '' to leave it to the model."""
    draft: str = ""
    """Code that the person may edit: the edited code in a fence is an answer, too."""
    consent: bool = False
    """The role wants to use a tool, and asks whether it may."""
    audience: tuple[str, ...] = ()
    """Who may read this beside the role."""
    hidden: bool = False
    """Whether what is asked is not shown to whoever looks: it is for others."""
    since: float
    """Unix time, seconds."""


class Said(Frozen):
    """What a person says in a seat."""

    text: str
    by: str = ""
    """Who said so."""


def open_turns(run: str, entries: Sequence[Entry]) -> tuple[OpenTurn, ...]:
    """The seats in which somebody was asked and has not answered, oldest first."""
    answered = {e.event.act for e in entries if isinstance(e.event, MessagePublished | Answered)}
    over = {e.event.act for e in entries if isinstance(e.event, MessagePublished)}
    asked = {e.event.act: (e.event, e.at) for e in entries if isinstance(e.event, PersonAsked)}
    return tuple(
        OpenTurn(run=run, since=at, **event.model_dump(exclude={"type"}))
        for act, (event, at) in asked.items()
        if act not in answered and act.partition("/")[0] not in over
    )


def shown_turn(turn: OpenTurn, sight: Sight) -> OpenTurn:
    """The turn as somebody with that sight may see it: whose it is; what is asked only if it is theirs."""
    if sight.reads(turn.audience, turn.role):
        return turn
    return turn.model_copy(update={"text": "", "choices": (), "draft": "", "hidden": True})


def answer_to(asked: OpenQuestion | OpenTurn, reply: str) -> Answered:
    """The event that somebody answered; who may know follows from who may know the question."""
    if isinstance(asked, OpenQuestion):
        return Answered(act=asked.act, reply=reply)
    return Answered(act=asked.act, reply=reply, role=asked.role, audience=asked.audience)


def choose_turn(turns: Sequence[OpenTurn], role: str | None, *, act: str | None = None, run: str) -> OpenTurn:
    """The turn that is meant: by its act, else the one in that seat.

    Raises:
        InputError: that turn is over, or nobody is asked in that seat, or in several.
    """
    if act is not None:
        found = next((turn for turn in turns if turn.act == act), None)
        if found is None:
            raise InputError("That turn is over.", remedy=f"See what run {run!r} waits for now.")
        return found
    fitting = [turn for turn in turns if role in (None, turn.role)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(turn.role for turn in turns)
    if not turns:
        raise InputError(f"Run {run!r} waits for nobody's turn.", remedy=f"See: makery runs show {run}")
    raise InputError(f"Run {run!r} waits for {names}.", remedy="Say which role.")


def spoken(turn: OpenTurn, text: str, by: str) -> Said:
    """What is said, checked against the choices.

    Raises:
        InputError: it is none of them.
    """
    if turn.consent:
        text = _CONSENTS.get(text.strip().lower(), text)
    if turn.choices and (text or turn.consent) and text not in turn.choices:
        raise InputError(f"{text[:80]!r} is no answer.", remedy=f"Say one of: {', '.join(turn.choices)}.")
    return Said(text=text, by=by)


def choose_question(questions: Sequence[OpenQuestion], gate: str | None, *, run: str) -> OpenQuestion:
    """The question that is meant.

    Raises:
        InputError: the run waits for nothing, not at that gate, or at several.
    """
    fitting = [question for question in questions if gate in (None, question.gate)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(question.gate for question in questions)
    if not questions:
        raise InputError(f"Run {run!r} waits for no answer.", remedy=f"See: makery runs show {run}")
    wanted = f"not at the gate {gate!r} but" if gate and not fitting else ""
    raise InputError(f"Run {run!r} waits {wanted} at {names}.", remedy="Say which with --gate.")


def reply_to(question: OpenQuestion, decision: Decision, note: str, document: Any, by: str) -> GateReply:
    """The reply, its document checked.

    Raises:
        InputError: an edition is missing or does not fit, or one is given with another decision.
    """
    if (decision == "edit") != (document is not None):
        raise InputError("An edited document goes with the decision `edit`, and with no other.")
    if document is not None:
        if isinstance(document, dict) and document.keys() == {"kind", "data"}:
            document = document["data"]
        if not isinstance(document, dict):
            raise InputError("The edited document is no JSON object.")
        edited(question.document["kind"], question.document["data"], document)
    return GateReply(decision=decision, note=note, document=document, by=by)


def _label(entry: Entry) -> str:
    return entry.event.label if isinstance(entry.event, ActStarted) else ""


def _document(gate: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The newest document of the gate's kind."""
    kind = KINDS[gate].kind()
    for entry in reversed(entries):
        if isinstance(entry.event, MessagePublished) and entry.event.message["artifact"]["kind"] == kind:
            return record_of(Message.model_validate(entry.event.message).artifact)
    return {"kind": kind, "data": {}}
