"""Runs on somebody's behalf: only their own are seen, and a quota bounds them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from makery.app.access import Principal
from makery.app.admission import bounded, digest_of, limits_of_fork, refuse_addresses
from makery.app.factory import Factory
from makery.app.hosting import Host
from makery.app.options import BuildOptions, ChangeOptions, ForkOptions, ResumeOptions, TeamOptions
from makery.app.parts import Registers
from makery.app.quotas import Quotas
from makery.app.refusals import Conflict, NotFound
from makery.app.result import RunResult
from makery.app.shown import as_it_stands, options_of
from makery.app.steering import Steering
from makery.kernel.budget import Limits
from makery.kernel.errors import InputError
from makery.kernel.ports import EventSink
from makery.store.access import DEFAULT, Project
from makery.store.ownership import Claim, OwnedRun, Owner
from makery.store.runs import new_id
from makery.workspace.archive import unpack

Watchers = Callable[[str, Owner], Sequence[EventSink]]
"""Gives those who look on at a run that begins or goes on."""


class Started(NamedTuple):
    """A run that was made, or had been made before under the same idempotency key."""

    run: OwnedRun
    again: bool


class Desk(Steering):
    """Takes orders for runs, for many organisations. Quotas hold within one server process.

    Args:
        factory: makes the runs.
        host: where they run.
        registers: who owns what.
        watchers: see `Watchers`.
    """

    def __init__(self, factory: Factory, host: Host, registers: Registers, watchers: Watchers) -> None:
        self._factory = factory
        self._host = host
        self._registers = registers
        self._watchers = watchers
        self._quotas = Quotas(registers.access, registers.ownership, factory.events)
        self._one_at_a_time = asyncio.Lock()

    async def start(
        self,
        who: Principal,
        order: BuildOptions | TeamOptions,
        *,
        project: str = "",
        archive: Path | None = None,
        once: str = "",
    ) -> Started:
        """Begin a run; with an archive, on the repository in it.

        Args:
            who: for whom.
            order: without a folder: the server chooses it.
            project: '' for the caller's own, or the default one.
            archive: a zip or tar file, with a `BuildOptions`; the caller removes it.
            once: an idempotency key: the second order under it gives the first one's run.

        Raises:
            Forbidden, NotFound, QuotaReached, Conflict: see `makery.app.refusals`.
            MakeryError: as `Factory.start`; no run begins then.
        """
        who.require("runs:write")
        refuse_addresses(who, order.model)
        owner = self._owner(who, self._project(who, project).id)
        digest = digest_of(order, archive, owner)
        return await self._once(who, once, digest, lambda: self._begin(order, archive, owner))

    async def fork(self, who: Principal, order: ForkOptions, *, once: str = "") -> Started:
        """Begin a run that goes another way from a step of one of the caller's; `once` as for `start`.

        Raises:
            Forbidden, QuotaReached, Conflict: see `makery.app.refusals`.
            MakeryError: as `Factory.fork`; no run begins then.
        """
        who.require("runs:write")
        refuse_addresses(who, order.model)
        origin = self.find(who, order.run)
        owner = self._owner(who, origin.owner.project)
        digest = digest_of(order, None, owner)
        return await self._once(who, once, digest, lambda: self._branch(order, origin, owner))

    def find(self, who: Principal, run: str) -> OwnedRun:
        """One of the caller's runs, by its whole id.

        Raises:
            NotFound: there is none of that id, or it is somebody else's.
        """
        who.require("runs:read")
        found = self._registers.ownership.find(run, who.organisation, who.project)
        if found is None:
            raise NotFound(f"There is no run {run[:60]!r}.", remedy="List them: GET /api/v1/runs")
        return _as_it_stands(found)

    def page(self, who: Principal, *, project: str = "", most: int, before: str = "") -> tuple[OwnedRun, ...]:
        """The caller's runs, newest first.

        Raises:
            NotFound: the caller has no such project.
        """
        who.require("runs:read")
        within = self._project(who, project).id if project else who.project
        found = self._registers.ownership.page(who.organisation, within, most=most, before=before)
        return tuple(map(_as_it_stands, found))

    def result(self, who: Principal, run: str) -> RunResult:
        """One of the caller's runs as its ledger leaves it."""
        return self._factory.show(self.find(who, run).record.id)

    async def resume(self, who: Principal, options: ResumeOptions) -> OwnedRun:
        """Continue one of the caller's runs.

        Raises:
            Conflict: it has ended, or somebody works on it.
            QuotaReached: the organisation may not use more now.
        """
        who.require("runs:write")
        found = self.find(who, options.run)
        if found.record.over:
            raise Conflict(
                f"Run {options.run!r} is {found.record.status}.",
                remedy="Order a new one, or go another way from one of its steps: POST …/fork",
            )
        if self._host.works_on(options.run):
            raise Conflict(f"Run {options.run!r} is under way.", remedy="Follow its events.")
        await self._host.call(self._continue(options, found))
        return self.find(who, options.run)

    def projects(self, who: Principal) -> tuple[Project, ...]:
        """The projects that the caller may use."""
        every = self._registers.access.projects(who.organisation)
        return tuple(project for project in every if who.project in ("", project.id))

    # -------------------------------------------------------------------- beneath

    async def _once(
        self, who: Principal, once: str, digest: str, begin: Callable[[], Coroutine[Any, Any, str]]
    ) -> Started:
        ownership = self._registers.ownership
        known: Claim | None = None
        if once:
            known = await asyncio.to_thread(ownership.begin_once, who.organisation, once, digest)
        if known is not None:
            return Started(self._made_before(who, known.digest == digest, known.run), again=True)
        try:
            run = await self._host.call(begin())
        except BaseException:
            if once:
                ownership.undo_once(who.organisation, once)
            raise
        if once:
            ownership.done_once(who.organisation, once, run)
        return Started(self.find(who, run), again=False)

    def _owner(self, who: Principal, project: str) -> Owner:
        return Owner(organisation=who.organisation, project=project, user=who.user or who.key)

    def _project(self, who: Principal, wanted: str) -> Project:
        mine = self.projects(who)
        for project in mine:
            if wanted in (project.id, project.name) or (not wanted and project.id == who.project):
                return project
        if not wanted and not who.project:
            return next(project for project in mine if project.name == DEFAULT)
        raise NotFound(f"There is no project {wanted[:80]!r}.", remedy="List them: GET /api/v1/projects")

    async def _begin(self, order: BuildOptions | TeamOptions, archive: Path | None, owner: Owner) -> str:
        below = self._factory.settings.limits
        async with self._claimed(owner) as (run, home):
            room = self._quotas.room(owner.organisation)
            order = bounded(order, order.limits(below), room)
            seated = isinstance(order, TeamOptions) and order.attended  # a worker does not hear persons
            if self._factory.settings.server.workers and not seated:
                order = order.model_copy(update={"detach": True})
            options = _placed(order, archive, home)
            watchers = self._watchers(run, owner)
            await self._host.start_here(options, watchers, run_id=run, tenant=owner.organisation)
        return run

    async def _branch(self, order: ForkOptions, origin: OwnedRun, owner: Owner) -> str:
        was = options_of(origin.record)
        wanted = limits_of_fork(order, was, self._factory.settings.limits)
        # What its origin was allowed holds for the fork, too, and must not get around a quota of money.
        order = order.model_copy(
            update={"allow_unknown_price": order.allow_unknown_price or was.allow_unknown_price}
        )
        async with self._claimed(owner) as (run, home):
            options = bounded(order, wanted, self._quotas.room(owner.organisation))
            options = options.model_copy(update={"out": home})
            await self._host.fork_here(options, self._watchers(run, owner), run_id=run)
        return run

    @asynccontextmanager
    async def _claimed(self, owner: Owner) -> AsyncIterator[tuple[str, Path]]:
        """A new run's id and folder, its owner's from the beginning; given back if the block fails."""
        run = new_id(time.time())
        home = self._factory.settings.home / "projects" / owner.organisation / owner.project / run
        async with self._one_at_a_time:
            self._registers.ownership.claim(run, owner)
            try:
                yield run, home
            except BaseException:
                self._registers.ownership.release(run)
                raise

    async def _continue(self, options: ResumeOptions, found: OwnedRun) -> None:
        run, owner = found.record.id, found.owner
        was = options_of(found.record)
        options = options.model_copy(
            update={"allow_unknown_price": options.allow_unknown_price or was.allow_unknown_price}
        )
        async with self._one_at_a_time:
            room = self._quotas.room(owner.organisation, apart_from=run)
            tokens, usd = self._quotas.used(run, running=True)
            more = Limits(
                tokens=None if room.tokens is None else tokens + room.tokens,
                usd=None if room.usd is None else usd + room.usd,
            )
            within = bounded(options, options.limits(found.record.limits), more)
            await self._host.resume_here(within, self._watchers(run, owner))
            self._registers.ownership.forget_used(run)

    def _made_before(self, who: Principal, same: bool, run: str) -> OwnedRun:
        if not same:
            raise InputError(
                "This idempotency key was used for a different order.", remedy="Send another key."
            )
        if not run:
            raise Conflict("The first order under this key is still being taken.", remedy="Ask again soon.")
        return self.find(who, run)


def _placed(
    order: BuildOptions | TeamOptions, archive: Path | None, home: Path
) -> BuildOptions | ChangeOptions | TeamOptions:
    """The order with the folder that the server chose; with an archive, a change of what is in it.

    What workers do has no folder here.
    """
    if archive is None:
        return order.model_copy(update={"out": None if order.detach else home})
    unpack(archive, home)
    fields = order.model_dump(exclude={"kind", "out"})
    return ChangeOptions(**fields, repo=home)


def _as_it_stands(found: OwnedRun) -> OwnedRun:
    return found.model_copy(update={"record": as_it_stands(found.record)})
