"""Persons who are asked over the ledger, and answer from wherever they are."""

from collections.abc import Callable

from makery.app.questions import Said
from makery.kernel.events import PersonAsked
from makery.kernel.ports import EventSink, Inbox, People, Question
from makery.kernel.sight import Sight


class Correspondence:
    """The `People` port of a run that is watched from elsewhere: by the page, the API, another terminal.

    Args:
        emit: notes what is asked.
        inbox: brings the answers.
        asked: whether an act was noted before, by an earlier sitting: nobody is asked a second time.
    """

    def __init__(self, emit: EventSink, inbox: Inbox, asked: Callable[[str], bool] = lambda _: False) -> None:
        self._emit = emit
        self._inbox = inbox
        self._asked = asked

    async def ask(self, question: Question, /) -> str | None:
        """What somebody answers, waited for over restarts; None where no act is named to send it to."""
        if not question.act:
            return None
        if not self._asked(question.act):
            self._emit(PersonAsked.model_validate(question.model_dump(exclude={"default"})))
        reply = await self._inbox.receive(question.act, seconds=None)
        return None if reply is None else Said.model_validate_json(reply).text


class Discreet:
    """The `People` port for persons who do not learn what other roles want to do in confidence.

    Args:
        people: who is asked.
        sight: what they may know.
    """

    def __init__(self, people: People, sight: Sight) -> None:
        self._people = people
        self._sight = sight

    async def ask(self, question: Question, /) -> str | None:
        """Their answer; None to what is not for them, as if nobody were there."""
        if question.consent and not self._sight.reads(question.audience, question.role):
            return None
        return await self._people.ask(question)
