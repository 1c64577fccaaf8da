"""Runs on somebody's behalf: only their own are seen, and a quota bounds them."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from makery.app.access import Principal
from makery.app.factory import Factory
from makery.app.hosting import Host
from makery.app.options import BuildOptions, ChangeOptions, ResumeOptions
from makery.app.parts import Registers
from makery.app.quotas import Quotas
from makery.app.refusals import Conflict, Forbidden, NotFound, QuotaReached
from makery.app.result import RunResult
from makery.app.shown import as_it_stands
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


class Desk:
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
        order: BuildOptions,
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
            archive: a zip or tar file; the caller removes it.
            once: an idempotency key: the second order under it gives the first one's run.

        Raises:
            Forbidden, NotFound, QuotaReached, Conflict: see `makery.app.refusals`.
            MakeryError: as `Factory.start`; no run begins then.
        """
        who.require("runs:write")
        _refuse_addresses(who, order.model)
        owner = Owner(
            organisation=who.organisation, project=self._project(who, project).id, user=who.user or who.key
        )
        digest = _digest(order, archive, owner)
        known = await self._begin_once(who, once, digest)
        if known is not None:
            return Started(self._made_before(who, known.digest == digest, known.run), again=True)
        try:
            run = await self._host.call(self._begin(order, archive, owner))
        except BaseException:
            if once:
                self._registers.ownership.undo_once(who.organisation, once)
            raise
        if once:
            self._registers.ownership.done_once(who.organisation, once, run)
        return Started(self.find(who, run), again=False)

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

    async def cancel(self, who: Principal, run: str) -> OwnedRun:
        """Stop one of the caller's runs.

        Raises:
            Conflict: it is not under way, or another process works on it.
        """
        who.require("runs:write")
        found = self.find(who, run)
        if found.record.status != "running":
            raise Conflict(f"Run {run!r} is not under way: it is {found.record.status}.")
        if not await self._host.cancel(run):
            raise Conflict(
                f"Run {run!r} is not worked on here, but by another process.",
                remedy="Stop it there.",
            )
        return self.find(who, run)

    async def resume(self, who: Principal, options: ResumeOptions) -> OwnedRun:
        """Continue one of the caller's runs.

        Raises:
            Conflict: it has ended, or somebody works on it.
            QuotaReached: the organisation may not use more now.
        """
        who.require("runs:write")
        found = self.find(who, options.run)
        if found.record.status == "ended":
            raise Conflict(f"Run {options.run!r} has ended.", remedy="Order a new one.")
        if self._host.works_on(options.run):
            raise Conflict(f"Run {options.run!r} is under way.", remedy="Follow its events.")
        await self._host.call(self._continue(options, found))
        return self.find(who, options.run)

    def projects(self, who: Principal) -> tuple[Project, ...]:
        """The projects that the caller may use."""
        every = self._registers.access.projects(who.organisation)
        return tuple(project for project in every if who.project in ("", project.id))

    # -------------------------------------------------------------------- beneath

    async def _begin_once(self, who: Principal, once: str, digest: str) -> Claim | None:
        if not once:
            return None
        begin = self._registers.ownership.begin_once
        return await asyncio.to_thread(begin, who.organisation, once, digest)

    def _project(self, who: Principal, wanted: str) -> Project:
        mine = self.projects(who)
        for project in mine:
            if wanted in (project.id, project.name) or (not wanted and project.id == who.project):
                return project
        if not wanted and not who.project:
            return next(project for project in mine if project.name == DEFAULT)
        raise NotFound(f"There is no project {wanted[:80]!r}.", remedy="List them: GET /api/v1/projects")

    async def _begin(self, order: BuildOptions, archive: Path | None, owner: Owner) -> str:
        run = new_id(time.time())
        home = self._factory.settings.home / "projects" / owner.organisation / owner.project / run
        async with self._one_at_a_time:
            bounded = _bounded(order, self._factory.settings.limits, self._quotas.room(owner.organisation))
            options = self._placed(bounded, archive, home)
            self._registers.ownership.claim(run, owner)
            try:
                await self._host.start_here(options, self._watchers(run, owner), run_id=run)
            except BaseException:
                self._registers.ownership.release(run)
                raise
        return run

    def _placed(self, order: BuildOptions, archive: Path | None, home: Path) -> BuildOptions | ChangeOptions:
        if archive is None:
            return order.model_copy(update={"out": home})
        unpack(archive, home)
        fields = order.model_dump(exclude={"kind", "out"})
        return ChangeOptions(**fields, repo=home)

    async def _continue(self, options: ResumeOptions, found: OwnedRun) -> None:
        run, owner = found.record.id, found.owner
        async with self._one_at_a_time:
            room = self._quotas.room(owner.organisation, apart_from=run)
            tokens, usd = self._quotas.used(run, running=True)
            more = Limits(
                tokens=None if room.tokens is None else tokens + room.tokens,
                usd=None if room.usd is None else usd + room.usd,
            )
            bounded = _bounded(options, found.record.limits, more)
            await self._host.resume_here(bounded, self._watchers(run, owner))
            self._registers.ownership.forget_used(run)

    def _made_before(self, who: Principal, same: bool, run: str) -> OwnedRun:
        if not same:
            raise InputError(
                "This idempotency key was used for a different order.", remedy="Send another key."
            )
        if not run:
            raise Conflict("The first order under this key is still being taken.", remedy="Ask again soon.")
        return self.find(who, run)


def _as_it_stands(found: OwnedRun) -> OwnedRun:
    return found.model_copy(update={"record": as_it_stands(found.record)})


def _refuse_addresses(who: Principal, model: str | None) -> None:
    """Only the operator may have the server call any address, or open any file as a model."""
    if model and ("@" in model or model.lower().endswith(".gguf")):
        try:
            who.require("operator")
        except Forbidden:
            raise Forbidden(
                f"This key may not name addresses or files as models: {model[:80]!r}.",
                remedy="Choose one of GET /api/v1/models.",
            ) from None


Bounded = TypeVar("Bounded", BuildOptions, ResumeOptions)


def _bounded(options: Bounded, below: Limits, room: Limits) -> Bounded:
    """The options with limits no larger than what may be used.

    Raises:
        QuotaReached: money is limited, but what the run costs would not be known.
    """
    if room.usd is not None and options.allow_unknown_price:
        raise QuotaReached(
            "This organisation has a quota of money, and a model without a known price would get around it.",
            remedy="Choose a model whose price is known: GET /api/v1/models",
        )
    wanted = options.limits(below)
    changes: dict[str, float] = {}
    if room.tokens is not None:
        changes["max_tokens"] = room.tokens if wanted.tokens is None else min(wanted.tokens, room.tokens)
    if room.usd is not None:
        changes["max_usd"] = room.usd if wanted.usd is None else min(wanted.usd, room.usd)
    return options.model_copy(update=changes)


def _digest(order: BuildOptions, archive: Path | None, owner: Owner) -> str:
    parts = hashlib.sha256(f"{order.model_dump_json()}\n{owner.project}\n".encode())
    if archive is not None:
        with archive.open("rb") as file:
            parts.update(hashlib.file_digest(file, "sha256").digest())
    return parts.hexdigest()
