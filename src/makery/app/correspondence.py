"""Persons who are asked over the ledger, and answer from wherever they are."""

from makery.app.questions import Said
from makery.kernel.events import PersonAsked
from makery.kernel.ports import EventSink, Inbox, Question


class Correspondence:
    """The `People` port of a run that is watched from elsewhere: by the page, the API, another terminal.

    Args:
        emit: notes what is asked.
        inbox: brings the answers.
    """

    def __init__(self, emit: EventSink, inbox: Inbox) -> None:
        self._emit = emit
        self._inbox = inbox

    async def ask(self, question: Question, /) -> str | None:
        """What somebody answers, waited for over restarts; None where no act is named to send it to."""
        if not question.act:
            return None
        self._emit(PersonAsked.model_validate(question.model_dump(exclude={"default"})))
        reply = await self._inbox.receive(question.act, seconds=None)
        return None if reply is None else Said.model_validate_json(reply).text
