"""Steering a run that is under way, on somebody's behalf: only their own can be steered."""

import time

from makery.app.access import Principal
from makery.app.desk import Desk, Started
from makery.app.factory import Factory
from makery.app.following import Watch
from makery.app.hosting import Host
from makery.app.options import ForkOptions
from makery.app.questions import OpenQuestion
from makery.kernel.gates import Decision
from makery.store.ownership import OwnedRun
from makery.store.runs import new_id


class Steering:
    """Pauses and gives up runs, and answers for the people that they wait for.

    Args:
        desk: finds the caller's runs.
        host: where this process's runs are.
        factory: reaches those of other processes.
        watch: wakes those who look on at a run.
    """

    def __init__(self, desk: Desk, host: Host, factory: Factory, watch: Watch) -> None:
        self._desk = desk
        self._host = host
        self._factory = factory
        self._watch = watch

    async def pause(self, who: Principal, run: str) -> OwnedRun:
        """Stop one of the caller's runs, in whatever process; it can be resumed.

        Raises:
            NotFound: the caller has no such run.
            InputError: nobody works on it.
        """
        who.require("runs:write")
        found = self._desk.find(who, run)
        await self._host.call(self._factory.pause(found.record.id))
        return self._desk.find(who, run)

    async def cancel(self, who: Principal, run: str) -> OwnedRun:
        """Cancel one of the caller's runs for good.

        Raises:
            NotFound: the caller has no such run.
            InputError: it has ended.
        """
        who.require("runs:write")
        found = self._desk.find(who, run)
        await self._host.call(self._factory.give_up(found.record.id))
        return self._desk.find(who, run)

    async def fork(self, who: Principal, order: ForkOptions) -> Started:
        """Begin a run that goes another way from a step of one of the caller's; for the server's operator.

        Raises:
            NotFound: the caller has no such run.
            MakeryError: as `Factory.fork`; no run begins then.
        """
        who.require("operator")
        found = self._desk.find(who, order.run)
        run = new_id(time.time())
        home = self._factory.settings.home / "projects" / found.owner.organisation / found.owner.project / run
        there = order.model_copy(update={"out": home})
        await self._host.call(self._host.fork_here(there, (self._watch.sink(run),), run_id=run))
        return Started(self._desk.find(who, run), again=False)

    def questions(self, who: Principal, run: str) -> tuple[OpenQuestion, ...]:
        """What one of the caller's runs waits for; the oldest first."""
        return self._factory.questions(self._desk.find(who, run).record.id)

    async def answer(
        self,
        who: Principal,
        run: str,
        decision: Decision,
        *,
        gate: str,
        note: str = "",
        document: object = None,
    ) -> OpenQuestion:
        """Decide what one of the caller's runs waits for.

        Raises:
            NotFound: the caller has no such run.
            InputError: it waits for no such thing, or the document does not fit.
        """
        who.require("runs:write")
        found = self._desk.find(who, run)
        by = who.user or who.key or "operator"
        sent = self._factory.answer(found.record.id, decision, gate=gate, note=note, document=document, by=by)
        return await self._host.call(sent)
