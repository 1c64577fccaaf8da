"""What can be done with runs that exist: list, look, watch, compare, stop, export, remove."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from makery.app.comparison import Comparison, compared, program_of
from makery.app.handle import RunHandle
from makery.app.parts import Parts, Stores
from makery.app.people_desk import POLL_SECONDS, PeopleDesk
from makery.app.restoring import recording_of, restored
from makery.app.result import RunResult
from makery.app.run_steps import RunStep, find_step, steps_of
from makery.app.seats import sight_of
from makery.app.shown import as_it_stands, insist_on_end, is_detached, shown
from makery.durable.resume import read_history
from makery.kernel.errors import InputError
from makery.kernel.events import Entry, RunForked
from makery.kernel.sight import Sight
from makery.store.runs import RunRecord

PATIENCE_SECONDS = 60.0
"""How long a run is given to come to a stop."""


class RunDesk(PeopleDesk):
    """The part of `Factory` that needs no requirement.

    A run is named by its id, or by a part of it that no other has. Everything works on runs of other
    processes too: they meet in the database.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stores: Stores | None = None
        self._running: dict[str, RunHandle] = {}

    # ---------------------------------------------------------------------- look

    def runs(self, *, most: int = 100) -> tuple[RunRecord, ...]:
        """The newest runs, newest first; one whose process died is `paused`."""
        return tuple(as_it_stands(record) for record in self._open().runs.list(most=most))

    def find(self, run: str) -> RunRecord:
        """One run.

        Raises:
            InputError: there is none, or more than one.
        """
        return as_it_stands(self._open().runs.get(run))

    def show(self, run: str) -> RunResult:
        """A run as its ledger leaves it.

        Raises:
            InputError: there is no such run.
        """
        record = self.find(run)
        return shown(record, self.events(record.id), self._parts)

    def events(self, run: str, after: int = 0) -> tuple[Entry, ...]:
        """A run's ledger after an entry's number, whichever process works on it; empty for no such run.

        `run` is the whole id. Any number of readers may read, each from where it was. It is all there is:
        what is shown to a person goes through `seen`.

        Raises:
            StorageFailure: it cannot be read.
        """
        return tuple(self._open().ledger.entries(run, after=after))

    def sight(self, run: str, role: str | None = None) -> Sight:
        """What may be shown of a run, see `makery.app.seats`.

        Raises:
            InputError: there is no such run, or no person sits in that role.
        """
        return sight_of(self._open().runs.get(run), role)

    def seen(self, run: str, after: int = 0, *, role: str | None = None) -> tuple[Entry, ...]:
        """Of `events`, what may be shown to whoever sits in that role; see `sight`.

        Raises:
            InputError: there is no such run, or no person sits in that role.
        """
        return tuple(self.sight(run, role).entries(self.events(run, after)))

    async def watch(self, run: str, *, after: int = 0, role: str | None = None) -> AsyncIterator[Entry]:
        """The entries of the run's ledger as they come, until nobody works on the run; see `seen`.

        Any number of readers may watch; each goes on where it was with `after`.

        Raises:
            InputError: there is no such run, or no person sits in that role.
        """
        record = self.find(run)
        sight = sight_of(record, role)
        while True:
            # Asked before the ledger is read, so that the last entries are seen.
            going_on = self.find(record.id).status == "running"
            entries = self.events(record.id, after)
            for entry in sight.entries(entries):
                yield entry
            after = entries[-1].seq if entries else after
            if not going_on:
                return
            await asyncio.sleep(POLL_SECONDS)

    def steps(self, run: str, *, role: str | None = None) -> tuple[RunStep, ...]:
        """The run's finished steps, numbered from 1; without those that may not be shown, see `sight`.

        Raises:
            InputError: there is no such run, or no person sits in that role.
        """
        record = self.find(run)
        sight = sight_of(record, role)
        found = steps_of(self._whole(record))
        return tuple(step for step in found if sight.reads(step.message.audience, step.message.sender))

    def step(self, run: str, wanted: str, *, role: str | None = None) -> RunStep:
        """One step, by its number or its skill.

        Raises:
            InputError: there is no such run or step, or no person sits in that role.
        """
        return find_step(self.steps(run, role=role), wanted, run=run)

    def compare(self, a: str, b: str) -> Comparison:
        """Two runs side by side.

        Raises:
            InputError: there is no such run.
        """
        programs = [
            program_of(read_history(self.events(self.find(run).id)), self._parts.company) for run in (a, b)
        ]
        return compared(
            (self.show(a), self.show(b)), (self.steps(a), self.steps(b)), (programs[0], programs[1])
        )

    # ---------------------------------------------------------------------- stop

    async def pause(self, run: str) -> RunRecord:
        """Stop a run, wherever it is worked on; `resume` continues it.

        Raises:
            InputError: there is no such run, or nobody works on it.
        """
        record = self._open().runs.get(run)
        if record.status != "running":
            raise InputError(f"Run {record.id!r} is not under way: {record.status}.")
        handle = self._running.get(record.id)
        if handle is not None:
            handle.cancel()
            await handle.wait()
        elif as_it_stands(record).status == "running":
            if await asyncio.to_thread(self._parts.record().stop, record.id):
                await self._until_stopped(record.id)
            else:  # it waited for a worker
                self._open().runs.finish(record.id, exit_status=130, verdict=record.verdict)
        else:  # killed: nobody is there who could note it
            self._open().runs.finish(record.id, exit_status=130, verdict=record.verdict)
        return self._open().runs.get(record.id)

    def cancel(self, run: str) -> bool:
        """Stop a run of this process; whether it was under way. Everything finished stays recorded."""
        handle = self._running.get(run)
        return handle is not None and handle.cancel()

    async def give_up(self, run: str) -> RunRecord:
        """Cancel a run for good, in whatever process: stop it if it is under way, and never continue it.

        Raises:
            InputError: there is no such run, or it ended.
        """
        record = self._open().runs.get(run)
        if record.status == "ended":
            raise InputError(f"Run {record.id!r} has ended already.")
        if record.status == "running":
            await self.pause(record.id)
        return self._open().runs.cancel(record.id)

    async def _until_stopped(self, run: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for _ in self.watch(run):
                    pass
        except TimeoutError:
            raise InputError(
                f"Run {run!r} was asked to stop but has not within {PATIENCE_SECONDS:g} s.",
                remedy="Whoever works on it does not answer, or uses the inline engine: stop it there.",
            ) from None

    # ------------------------------------------------------------------- archive

    def export(self, run: str, *, role: str | None = None) -> Iterator[str]:
        """The run's ledger as JSON Lines; without what may not be shown, see `sight`.

        Raises:
            InputError: there is no such run, or no person sits in that role.
        """
        record = self._open().runs.get(run)
        entries = sight_of(record, role).entries(self._whole(record))
        return (f"{entry.model_dump_json()}\n" for entry in entries)

    def recording(self, run: str) -> Iterator[str]:
        """The run's model calls as lines of a recording, which `BuildOptions.replay` takes.

        Raises:
            InputError: there is no such run, it began with another's results, no calls were kept, or it
                lasts and has persons in it, who would read all prompts.
        """
        record = self._open().runs.get(run)
        if not sight_of(record).whole:
            raise InputError(
                f"Run {record.id!r} is not over, and its recording says what roles were told in confidence.",
                remedy="Take it when the run has ended.",
            )
        if any(isinstance(entry.event, RunForked) for entry in self.events(record.id)):
            raise InputError(
                f"Run {record.id!r} began with the results of another one, which made the calls."
            )
        calls = self._parts.record().calls(record.id)
        if not calls:
            raise InputError(
                f"No model calls are kept of run {record.id!r}.",
                remedy="The inline engine keeps none: begin the run with --record FILE.",
            )
        return recording_of(calls)

    def restore(self, run: str, folder: Path) -> None:
        """Write what the run has made so far, program, documents and report, into a new folder.

        Everything comes from the ledger: the run's own folder, or its machine, may be gone.

        Raises:
            InputError: there is no such run, or the folder holds somebody's files.
            StorageFailure: the folder cannot be written.
        """
        record = self._open().runs.get(run)
        if is_detached(record):
            self._parts.new_workspace(folder)
            self._parts.shelved_workspace(record.id, folder)
            return
        entries, result = self.seen(record.id), self.show(record.id)
        restored(record, entries, result, self._parts.new_workspace(folder), self._parts)

    def older_than(self, seconds: float) -> tuple[RunRecord, ...]:
        """Runs that nobody works on and that began and ended so long ago; the oldest first."""
        old = self._open().runs.older_than(seconds)
        return tuple(record for record in old if record.id not in self._running)

    def remove(self, run: str) -> None:
        """Remove a run, its ledger and its durable record. Its folder stays.

        Raises:
            InputError: there is no such run, or somebody works on it.
            StorageFailure: the database cannot be written.
        """
        record = self.find(run)
        if record.status == "running":
            raise InputError(
                f"Run {record.id!r} is under way.", remedy=f"First: makery runs pause {record.id}"
            )
        self._parts.record().forget(record.id)
        if is_detached(record):
            self._parts.run_files(record.id).clear()
            self._parts.reservations(record.id).clear()
        self._open().runs.remove(record.id)

    # ------------------------------------------------------------------- beneath

    def _whole(self, record: RunRecord) -> tuple[Entry, ...]:
        entries = self.events(record.id)
        insist_on_end(record, entries)
        return entries

    def _open(self) -> Stores:
        if self._stores is None:
            self._stores = self._parts.stores()
        return self._stores
