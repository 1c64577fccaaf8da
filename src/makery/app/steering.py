"""What can be done with runs that exist, on somebody's behalf: stop, answer, look into, compare."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from makery.app.access import Principal
from makery.app.comparison import Comparison
from makery.app.factory import Factory
from makery.app.hosting import Host
from makery.app.labels import Label
from makery.app.questions import OpenQuestion, OpenTurn
from makery.app.refusals import Conflict, NotFound
from makery.app.run_steps import RunStep
from makery.app.usual import Usual, usual_time
from makery.kernel.errors import InputError
from makery.kernel.events import Entry
from makery.kernel.gates import Decision
from makery.kernel.message import EVERYONE
from makery.kernel.sight import Sight
from makery.store.ownership import OwnedRun

_AT_ONCE = 200
"""Runs that are looked up together."""


class Steering(ABC):
    """The part of `Desk` that begins no run. Runs are named by their whole ids here."""

    _factory: Factory
    _host: Host

    @abstractmethod
    def page(self, who: Principal, *, project: str = "", most: int, before: str = "") -> tuple[OwnedRun, ...]:
        """See `Desk`."""

    @abstractmethod
    def find(self, who: Principal, run: str) -> OwnedRun:
        """See `Desk`."""

    async def pause(self, who: Principal, run: str) -> OwnedRun:
        """Stop one of the caller's runs, whichever process works on it; it can be resumed.

        Raises:
            Conflict: it is not under way.
        """
        who.require("runs:write")
        found = self.find(who, run)
        if found.record.status != "running":
            raise Conflict(f"Run {run!r} is not under way: it is {found.record.status}.")
        await self._host.call(self._factory.pause(run))
        return self.find(who, run)

    async def cancel(self, who: Principal, run: str) -> OwnedRun:
        """Give one of the caller's runs up for good; what it made stays.

        Raises:
            Conflict: it has ended, or was given up before.
        """
        who.require("runs:write")
        found = self.find(who, run)
        if found.record.over:
            raise Conflict(f"Run {run!r} cannot be cancelled: it is {found.record.status}.")
        await self._host.call(self._factory.give_up(run))
        return self.find(who, run)

    # --------------------------------------------------------------------- people

    def questions(self, who: Principal, run: str) -> tuple[OpenQuestion, ...]:
        """The gates at which one of the caller's runs waits, oldest first."""
        self.find(who, run)
        return self._factory.questions(run)

    async def answer(
        self,
        who: Principal,
        run: str,
        decision: Decision,
        *,
        gate: str | None = None,
        note: str = "",
        document: dict[str, Any] | None = None,
    ) -> OpenQuestion:
        """Decide what one of the caller's runs waits for; the question that was answered.

        Raises:
            Conflict: it waits for nothing.
            InputError: not at that gate, or the document does not fit.
        """
        who.require("runs:write")
        if not self.questions(who, run):
            raise Conflict(
                f"Run {run!r} waits for no answer.",
                remedy="It is asked at the gates of its order's `ask`; see GET …/questions.",
            )
        return await self._host.call(
            self._factory.answer(
                run, decision, gate=gate, note=note, document=document, by=who.user or who.key or "operator"
            )
        )

    def sight(self, who: Principal, run: str, role: str | None = None) -> Sight:
        """What of one of the caller's runs may be shown, see `makery.app.seats`.

        Args:
            who: whose run it is.
            run: its id.
            role: the seat of whoever looks; `*` for all that there is.

        Raises:
            Forbidden: `*` is for operators.
            InputError: no person sits in that role.
        """
        self.find(who, run)
        if role == EVERYONE:
            who.require("operator")
        return self._factory.sight(run, role)

    def seen(self, who: Principal, run: str, after: int = 0, *, role: str | None = None) -> tuple[Entry, ...]:
        """Of the ledger of one of the caller's runs, what `sight` lets see."""
        return tuple(self.sight(who, run, role).entries(self._factory.events(run, after)))

    def turns(self, who: Principal, run: str, *, role: str | None = None) -> tuple[OpenTurn, ...]:
        """The seats in which one of the caller's runs waits for a person, oldest first; see `sight`."""
        self.sight(who, run, role)
        return self._factory.turns(run, role=role)

    async def say(
        self, who: Principal, run: str, text: str, *, role: str | None = None, act: str | None = None
    ) -> OpenTurn:
        """Speak in a seat of one of the caller's runs; the turn that was taken.

        Raises:
            Conflict: it waits for nobody.
            InputError: not in that seat, that turn is over, or the text is none of the choices.
        """
        who.require("runs:write")
        if not self.turns(who, run):
            raise Conflict(
                f"Run {run!r} waits for nobody's turn.",
                remedy="Persons take turns in teams that were ordered with `attended` or `persons`.",
            )
        return await self._host.call(
            self._factory.say(run, text, role=role, act=act, by=who.user or who.key or "operator")
        )

    # ----------------------------------------------------------------------- past

    def steps(self, who: Principal, run: str, *, role: str | None = None) -> tuple[RunStep, ...]:
        """The finished steps of one of the caller's runs; see `sight`."""
        self.sight(who, run, role)
        return self._factory.steps(run, role=role)

    def step(self, who: Principal, run: str, wanted: str, *, role: str | None = None) -> RunStep:
        """One of them, by number or skill.

        Raises:
            NotFound: there is none.
        """
        self.sight(who, run, role)
        try:
            return self._factory.step(run, wanted, role=role)
        except InputError as error:
            raise NotFound(error.message, remedy="List them: GET …/steps") from None

    def labels(self, who: Principal, run: str) -> tuple[Label, ...]:
        """What persons decided at the gates of one of the caller's runs, the oldest first."""
        return self._factory.labels_of(self.find(who, run).record)

    def all_labels(self, who: Principal, *, project: str = "") -> Iterator[Label]:
        """What persons decided in all of the caller's runs, the newest run first.

        Raises:
            NotFound: the caller has no such project.
        """
        page = self.page(who, project=project, most=_AT_ONCE)
        return self._labels(who, project, page)

    def _labels(self, who: Principal, project: str, page: Sequence[OwnedRun]) -> Iterator[Label]:
        while page:
            for owned in page:
                yield from self._factory.labels_of(owned.record)
            page = self.page(who, project=project, most=_AT_ONCE, before=page[-1].record.id)

    def usual(self, who: Principal, run: str) -> Usual | None:
        """How long the caller's earlier runs of the same kind took; None if there are too few."""
        others = [owned.record for owned in self.page(who, most=_AT_ONCE)]
        return usual_time(self.find(who, run).record, others)

    def compare(self, who: Principal, run: str, other: str) -> Comparison:
        """Two of the caller's runs side by side."""
        return self._factory.compare(self.find(who, run).record.id, self.find(who, other).record.id)

    def recording(self, who: Principal, run: str) -> Iterator[str]:
        """The model calls of one of the caller's runs, for `makery build --replay`.

        Raises:
            Conflict: none are kept of it.
        """
        self.find(who, run)
        try:
            return self._factory.recording(run)
        except InputError as error:
            raise Conflict(error.message) from None
