"""What is planned, as those see it who do not know by what it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Planned:
    """Something that will begin."""

    name: str
    when: str
    """A cron text with its time zone, or one time in ISO format."""
    order: str
    """What the worker that begins it is told, as JSON."""
    last: str = ""
    """When it was last begun; '' if never."""


class Schedules(Protocol):
    """Adds, lists and removes what is planned; see `makery.durable.dbos_schedules.DbosSchedules`."""

    def add_recurring(self, name: str, cron: str, order: str, *, timezone: str, catch_up: bool) -> None: ...

    def add_once(self, name: str, at: datetime, order: str) -> None: ...

    def list(self) -> tuple[Planned, ...]: ...

    def remove(self, name: str) -> None: ...
