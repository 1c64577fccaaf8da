"""The use cases of servers: the part of the factory for those who look on at runs, and for many users."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, get_args

from makery.app.browsing import Browser
from makery.app.parts import Parts, Registers, Stores, TeamMode
from makery.app.seats import sight_of
from makery.app.settings import Settings
from makery.app.shown import as_it_stands, is_detached
from makery.kernel.events import Entry
from makery.kernel.skill import Skill
from makery.kernel.team import Team
from makery.prompting import Template, templates_of


class ServingUse(ABC):
    """Looks at runs while they go on, whichever process works on them. See `Factory`."""

    settings: Settings
    _parts: Parts

    @abstractmethod
    def _open(self) -> Stores:
        """The database."""

    @abstractmethod
    def skills(self) -> tuple[Skill[Any, Any], ...]:
        """See `Factory.skills`."""

    def events(self, run: str, after: int = 0) -> tuple[Entry, ...]:
        """A run's ledger after an entry's number; empty for no such run.

        Raises:
            StorageFailure: it cannot be read.
        """
        return tuple(self._open().ledger.entries(run, after=after))

    def is_over(self, run: str) -> bool:
        """Whether nobody works on a run any more: it has ended, was stopped, or its process died.

        Raises:
            InputError: there is no such run.
        """
        return as_it_stands(self._open().runs.get(run)).status != "running"

    def browse(self, run: str) -> Browser:
        """What a run made so far.

        Raises:
            InputError: there is no such run.
        """
        record = self._open().runs.get(run)
        if is_detached(record):
            folder = self.settings.home / "seen" / record.id
            workspace = self._parts.shelved_workspace(record.id, folder)
        else:
            workspace = self._parts.workspace(Path(record.out))
        return Browser(workspace, tuple(sight_of(record).entries(self.events(record.id))))

    def registers(self) -> Registers:
        """Who may do what, on a server for many.

        Raises:
            StorageFailure: the database cannot be used.
        """
        return self._parts.registers()

    def teams(self) -> tuple[Team, ...]:
        """The software company in each of its sizes."""
        return tuple(self._parts.company.team(mode, candidates=1) for mode in get_args(TeamMode))

    def prompts(self) -> tuple[Template, ...]:
        """The template of every skill that has one, by name."""
        return templates_of(self.skills())

    def sandbox_name(self) -> str:
        """The sandbox that works here.

        Raises:
            SandboxUnavailable: none does; the remedy is the command that mends it.
        """
        return self._parts.sandbox_name()
