"""What persons say to runs: at gates and in seats, from any process."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from makery.app.labels import Label, labels_of
from makery.app.parts import Parts, Stores
from makery.app.questions import (
    OpenQuestion,
    OpenTurn,
    answer_to,
    choose_question,
    choose_turn,
    open_questions,
    open_turns,
    reply_to,
    shown_turn,
    spoken,
)
from makery.app.seats import sight_of
from makery.kernel.errors import StorageFailure
from makery.kernel.events import Entry
from makery.kernel.gates import Decision
from makery.store.runs import RunRecord

Asked = TypeVar("Asked", OpenQuestion, OpenTurn)

POLL_SECONDS = 0.2
"""Between two looks at what another process writes."""
STORE_ATTEMPTS = 100
SEND_ATTEMPTS = 25


class PeopleDesk(ABC):
    """The part of `RunDesk` that persons use."""

    _parts: Parts

    @abstractmethod
    def _open(self) -> Stores:
        """The stores, opened."""

    @abstractmethod
    def events(self, run: str, after: int = 0) -> tuple[Entry, ...]:
        """See `RunDesk`."""

    def questions(self, run: str) -> tuple[OpenQuestion, ...]:
        """What the run waits for a person to decide; the oldest first. One that is over waits for nothing.

        Raises:
            InputError: there is no such run.
        """
        record = self._open().runs.get(run)
        return open_questions(record.id, self._asking(record))

    def waiting(self, *, most: int = 100) -> tuple[OpenQuestion | OpenTurn, ...]:
        """What the newest runs wait for a person to say, gates and seats; the longest wait first."""
        runs = [record.id for record in self._open().runs.list(most=most)]
        found = ((*self.questions(run), *self.turns(run)) for run in runs)
        return tuple(sorted((one for each in found for one in each), key=lambda one: one.since))

    async def answer(
        self,
        run: str,
        decision: Decision,
        *,
        gate: str | None = None,
        note: str = "",
        document: object = None,
        by: str = "",
    ) -> OpenQuestion:
        """Decide what a run waits for, from any process; whether or not one works on the run now.

        Args:
            run: the run.
            decision: `edit` puts `document` in the place of what was asked about.
            gate: which question, where there are several.
            note: why, in words.
            document: fields of the document that are to be others.
            by: who decides.

        Raises:
            InputError: there is no such run or question, or the document does not fit.
            StorageFailure: the answer cannot be stored.
        """

        def choose(id_: str, entries: Sequence[Entry]) -> tuple[OpenQuestion, str]:
            question = choose_question(open_questions(id_, entries), gate, run=run)
            return question, reply_to(question, decision, note, document, by).model_dump_json()

        return await self._answer(run, choose)

    def turns(self, run: str, *, role: str | None = None) -> tuple[OpenTurn, ...]:
        """The seats in which the run waits for a person; the oldest first. What others are asked is hidden.

        Raises:
            InputError: there is no such run, or no person sits in that role.
        """
        record = self._open().runs.get(run)
        sight = sight_of(record, role)
        return tuple(shown_turn(turn, sight) for turn in open_turns(record.id, self._asking(record)))

    async def say(
        self, run: str, text: str, *, role: str | None = None, act: str | None = None, by: str = ""
    ) -> OpenTurn:
        """Speak in a seat of a run, from any process; whether or not one works on the run now.

        Args:
            run: the run.
            text: what is said; '' leaves the turn to the model.
            role: whose seat, where several are open.
            act: which turn, as `turns` tells it: what was meant for one is then not taken for the next.
            by: who speaks.

        Raises:
            InputError: there is no such run or open seat, or the text is none of the choices.
            StorageFailure: the answer cannot be stored.
        """

        def choose(id_: str, entries: Sequence[Entry]) -> tuple[OpenTurn, str]:
            turn = choose_turn(open_turns(id_, entries), role, act=act, run=run)
            return turn, spoken(turn, text, by).model_dump_json()

        return await self._answer(run, choose)

    async def _answer(self, run: str, choose: Callable[[str, Sequence[Entry]], tuple[Asked, str]]) -> Asked:
        """Store an answer, where its act finds it, and wake the act if it waits."""
        asked, reply = await asyncio.to_thread(self._store, run, choose)
        for _ in range(SEND_ATTEMPTS):  # an act is told of in the ledger a moment before its mailbox is there
            if await asyncio.to_thread(self._parts.record().send, asked.run, asked.act, reply):
                break
            await asyncio.sleep(POLL_SECONDS)
        return asked

    def _store(
        self, run: str, choose: Callable[[str, Sequence[Entry]], tuple[Asked, str]]
    ) -> tuple[Asked, str]:
        """Of two answers at once, one is stored; the other finds that nothing is asked any more."""
        record = self._open().runs.get(run)
        for _ in range(STORE_ATTEMPTS):
            entries = self._asking(record)
            asked, reply = choose(record.id, entries)
            event = answer_to(asked, reply)
            if self._open().ledger.append_after(record.id, event, last=entries[-1].seq) is not None:
                return asked, reply
        raise StorageFailure(
            f"The ledger of run {record.id!r} is written by too many at once.", remedy="Answer again."
        )

    def _asking(self, record: RunRecord) -> tuple[Entry, ...]:
        """The entries in which a run may ask something: none of a run that is over, whatever it asked."""
        return () if record.over else self.events(record.id)

    def labels(self, *runs: str) -> Iterator[Label]:
        """What persons decided at gates: in the named runs, or in all runs, the newest run first.

        Raises:
            InputError: there is no such run.
        """
        found = [self._open().runs.get(run) for run in runs] or self._open().runs.list(most=None)
        return (label for record in found for label in self.labels_of(record))

    def labels_of(self, record: RunRecord) -> tuple[Label, ...]:
        """What persons decided at the gates of one run."""
        # The ledgers of runs that ask nobody are not read: most have no gates.
        return labels_of(record.id, self.events(record.id)) if record.options.get("ask") else ()
