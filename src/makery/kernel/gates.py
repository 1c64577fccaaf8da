"""Gates: points at which a run waits for a person, and what the person said."""

from typing import Any, Literal

from makery.kernel.artifact import Artifact, Frozen

Gate = Literal["prd", "design", "plan", "delivery"]
Decision = Literal["approve", "edit", "reject"]
Silence = Literal["approve", "stop"]


class Gates(Artifact):
    """Where the user wants to be asked; one of a run's opening messages."""

    asked: tuple[Gate, ...]
    seconds: float | None = None
    """How long an answer is waited for; None is as long as it takes."""
    silence: Silence = "approve"
    """What it means when nobody answered in time; an approval is then recorded as an assumption."""


class GateReply(Frozen):
    """What a person sends."""

    decision: Decision
    note: str = ""
    """In their own words."""
    document: dict[str, Any] | None = None
    """With `edit`: the fields of the document that stands in for the one asked about."""
    by: str = ""
    """Who said so."""


class GateAnswer(Artifact):
    """What was decided at a gate."""

    gate: Gate
    decision: Decision
    note: str = ""
    document: dict[str, Any] | None = None
    by: str = ""
    assumed: bool = False
    """Nobody was asked, or nobody answered in time."""
