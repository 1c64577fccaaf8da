"""The append-only, shared message pool of a run."""

from collections.abc import Iterator
from typing import TypeVar

from makery.kernel.artifact import Artifact
from makery.kernel.errors import ContractViolation
from makery.kernel.message import Message

A = TypeVar("A", bound=Artifact)


class Pool:
    """What every role of a run can see, in the order it was published.

    Messages are only ever added. Publishing the same message again changes nothing, so that a
    replayed act is harmless; another message under a known id is a bug and refused.
    """

    def __init__(self, messages: tuple[Message, ...] = ()) -> None:
        self._messages: list[Message] = []
        self._by_id: dict[str, Message] = {}
        for message in messages:
            self.publish(message)

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(tuple(self._messages))

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._by_id

    def __getitem__(self, message_id: str) -> Message:
        return self._by_id[message_id]

    def publish(self, message: Message) -> bool:
        """Add a message; False if it was there already.

        Raises:
            ContractViolation: a different message has the same id, or a cause is not in the pool.
        """
        known = self._by_id.get(message.id)
        if known is not None:
            if known != message:
                raise ContractViolation(f"Message {message.id} exists with other content.")
            return False
        missing = [cause for cause in message.causes if cause not in self._by_id]
        if missing:
            raise ContractViolation(f"Message {message.id} is caused by unknown messages {missing}.")
        self._messages.append(message)
        self._by_id[message.id] = message
        return True

    def of(self, kind: type[Artifact], *, reader: str | None = None) -> tuple[Message, ...]:
        """All messages that carry that kind of artifact and that the reader may read, oldest first."""
        return tuple(
            message
            for message in self._messages
            if isinstance(message.artifact, kind) and (reader is None or message.is_for(reader))
        )

    def artifacts(self, kind: type[A]) -> tuple[A, ...]:
        """All artifacts of a kind, oldest first."""
        return tuple(m.artifact for m in self._messages if isinstance(m.artifact, kind))

    def latest(self, kind: type[A]) -> A | None:
        """The newest artifact of a kind, or None."""
        return next((m.artifact for m in reversed(self._messages) if isinstance(m.artifact, kind)), None)
