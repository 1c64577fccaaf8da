"""The table at which a conversation takes place: what was said so far, and whose turn makes which act."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.dialogue import Ending, Utterance
from makery.kernel.documents import Requirement
from makery.kernel.errors import ContractViolation
from makery.kernel.message import EVERYONE, USER, Message
from makery.kernel.pool import Pool
from makery.kernel.program import Steps

A = TypeVar("A", bound=Artifact)
Outcome = Literal["done", "stopped", "looping"]


@dataclass
class Table:
    """A conversation as the protocol sees it. Steps that ask for acts are generators: `yield from` them."""

    messages: list[Message]
    """The opening messages first."""
    opening: int
    """How many there are of those."""
    options: dict[str, str] = field(default_factory=dict[str, str])
    """Given to every act at this table: the task of a nested conversation, for example."""
    turns: int = 0
    """Taken so far."""

    @classmethod
    def of(cls, pool: Pool) -> "Table":
        """A table with what the user gave: the task, and a conversation that goes on."""
        given = [message for message in pool if message.sender == USER and not message.skill]
        return cls(given, len(given))

    @property
    def task(self) -> str:
        """What the user wants, or what this nested conversation is about."""
        found = next(m.artifact for m in self.messages if isinstance(m.artifact, Requirement))
        return self.options.get("task") or found.text.strip()

    @property
    def said(self) -> list[Artifact]:
        """Everything after the opening."""
        return [message.artifact for message in self.messages[self.opening :]]

    @property
    def made(self) -> list[Artifact]:
        """Of that, what no person said: what the loop guard looks at."""
        return [m.artifact for m in self.messages[self.opening :] if m.skill != "ask_human"]

    @property
    def utterances(self) -> list[Utterance]:
        """The turns after the opening."""
        return [artifact for artifact in self.said if isinstance(artifact, Utterance)]

    def act(
        self,
        role: str,
        skill: str,
        *,
        sees: Iterable[Message] | None = None,
        to: tuple[str, ...] = (EVERYONE,),
        **options: str,
    ) -> Act:
        """An act of a role on what it may read of the conversation, or on part of that."""
        readable = (m for m in (self.messages if sees is None else sees) if m.readable_by(role))
        chosen = {**self.options, **{key: value for key, value in options.items() if value}}
        label = chosen.get("question") or f"{skill} {len(self.said) + 1}"
        return Act(
            role=role,
            skill=skill,
            inputs=tuple(message.id for message in readable),
            options=tuple(chosen.items()),
            audience=to,
            label=label[:60],
        )

    def do(self, kind: type[A], act: Act) -> Steps[A]:
        """Perform one act and keep its message; its artifact.

        Raises:
            ContractViolation: the act made another kind.
        """
        message = yield act
        self.messages.append(message)
        return _checked(message, kind)

    def do_all(self, kind: type[A], acts: list[Act]) -> Steps[list[A]]:
        """Perform acts at once and keep their messages in this order."""
        messages = yield acts
        self.messages.extend(messages)
        return [_checked(message, kind) for message in messages]

    def end(self, role: str, text: str, reason: str, outcome: Outcome = "done") -> Steps[Ending]:
        """Put down how it ended."""
        act = self.act(role, "conclude", sees=self.messages[-1:], text=text, reason=reason, outcome=outcome)
        return (yield from self.do(Ending, act))

    def copy(self) -> "Table":
        """The same conversation, to be continued aside; see `makery.kernel.program.together`."""
        return Table(list(self.messages), self.opening, dict(self.options), self.turns)

    def nested(self, task: str) -> "Table":
        """A table beside this one for a conversation about a task of its own, begun by what was said last."""
        first = [m for m in self.messages[: self.opening] if isinstance(m.artifact, Requirement)]
        opening = [*first, *(m for m in self.messages[-1:] if m not in first)]
        return Table(opening, len(opening), {**self.options, "task": task})


def _checked(message: Message, kind: type[A]) -> A:
    if not isinstance(message.artifact, kind):
        raise ContractViolation(f"{message.skill!r} gave a {message.artifact.kind()}, not a {kind.kind()}.")
    return message.artifact
