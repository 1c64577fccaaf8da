"""The immutable envelope in which an artifact travels."""

import hashlib
from typing import Any, cast

from pydantic import SerializeAsAny, field_validator

from makery.kernel.artifact import Artifact, Frozen

EVERYONE = "*"
USER = "user"


class Message(Frozen):
    """One artifact, who sent it, what caused it, who may read it."""

    id: str
    """Stable across replays: derived from the act that caused it, never random."""
    sender: str
    """The role's name, or `user`."""
    skill: str = ""
    """The skill that produced it; empty when it came from outside."""
    artifact: SerializeAsAny[Artifact]
    causes: tuple[str, ...] = ()
    """Ids of the messages that the artifact was made from."""
    audience: tuple[str, ...] = (EVERYONE,)
    """Role names, or `*` for everybody."""

    @field_validator("artifact", mode="before")
    @classmethod
    def _from_ledger(cls, value: Any) -> Any:
        if isinstance(value, dict):
            stored = cast(dict[str, Any], value)
            return Artifact.load(stored["kind"], stored["data"])
        return value

    def is_for(self, role: str) -> bool:
        """Whether that role may read it."""
        return EVERYONE in self.audience or role in self.audience

    def readable_by(self, role: str) -> bool:
        """Whether that role knows it: it may read it, or said it."""
        return self.sender == role or self.is_for(role)

    def record(self) -> dict[str, Any]:
        """The form that the ledger keeps; `Message.model_validate` reads it back."""
        fields = self.model_dump(mode="json", exclude={"artifact"})
        artifact = {"kind": self.artifact.kind(), "data": self.artifact.model_dump(mode="json")}
        return {**fields, "artifact": artifact}


def derived_id(*parts: str) -> str:
    """A short id that is the same whenever the parts are the same."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
