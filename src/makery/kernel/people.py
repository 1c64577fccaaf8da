"""Persons beside a run: what they are asked, and the only door to them."""

from typing import Protocol

from makery.kernel.artifact import Frozen


class Question(Frozen):
    """Something that only a person can answer."""

    role: str
    """The seat that the person takes, or who asks."""
    text: str
    choices: tuple[str, ...] = ()
    """If given, the answer is one of them."""
    draft: str = ""
    """Code that the person may edit; the edited code, fenced, is the answer then."""
    default: str = ""
    """What an empty line means at a terminal, where it is typed on purpose."""
    act: str = ""
    """The id of the act that waits, or `ACT/STEP` of a step in it; '' where no answer could be sent to it."""
    consent: bool = False
    """Whether the role wants to do something, and the person says whether it may."""
    audience: tuple[str, ...] = ()
    """Who may read the question beside the role."""


class People(Protocol):
    """The persons beside a run."""

    async def ask(self, question: Question, /) -> str | None:
        """A person's answer, or None if nobody is there."""
        ...
