"""Protocols written as ordinary programs over the pool.

A program asks for the result of an act; if the pool has none yet, the act is noted as ready and the
program goes on with whatever does not need it. Run again on a fuller pool it gets further. So it
stays a pure function of the pool, and everything that does not depend on each other runs at once.
(The same idea as the replayed workflows of durable-execution engines.)
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.errors import ContractViolation
from makery.kernel.pool import Pool
from makery.kernel.scheduler import message_id

A = TypeVar("A", bound=Artifact)


@dataclass(frozen=True)
class Result(Generic[A]):
    """An artifact and the message that brought it."""

    id: str
    artifact: A


@dataclass
class Plan:
    """The acts that are ready, found while a protocol's program runs over a pool."""

    pool: Pool
    ready: list[Act] = field(default_factory=list)

    def need(self, act: Act, kind: type[A]) -> Result[A] | None:
        """The act's result, or None if it is not there yet; the act is ready then.

        Raises:
            ContractViolation: the act produced another kind of artifact.
        """
        key = message_id(act)
        if key not in self.pool:
            self.ready.append(act)
            return None
        artifact = self.pool[key].artifact
        if not isinstance(artifact, kind):
            raise ContractViolation(f"{act.skill!r} gave a {artifact.kind()}, not a {kind.kind()}.")
        return Result(key, artifact)

    def need_all(self, acts: list[Act], kind: type[A]) -> list[Result[A]] | None:
        """The results of all acts, or None if one is missing; all of the missing ones are ready then."""
        results = [self.need(act, kind) for act in acts]
        found = [result for result in results if result is not None]
        return found if len(found) == len(results) else None
