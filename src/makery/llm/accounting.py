"""Who spent what: a table computed from the ledger."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Usage
from makery.kernel.events import Entry, ModelCalled

Group = Literal["run", "role", "skill", "model"]


class Row(Frozen):
    """The model calls of one group."""

    run: str = ""
    role: str = ""
    skill: str = ""
    model: str = ""
    calls: int = 0
    """All calls, those answered from cache or recording included."""
    remembered: int = 0
    """Calls answered from cache or recording: they cost nothing."""
    usage: Usage = Usage()
    """Tokens; those of remembered calls are what they had cost."""
    usd: float = 0.0
    seconds: float = 0.0
    attempts: int = 0

    def plus(self, event: ModelCalled) -> "Row":
        """This row with one more call."""
        return self.model_copy(
            update={
                "calls": self.calls + 1,
                "remembered": self.remembered + (event.source != "model"),
                "usage": self.usage + event.usage,
                "usd": self.usd + event.usd,
                "seconds": self.seconds + event.seconds,
                "attempts": self.attempts + event.attempts,
            }
        )


def table(entries: Iterable[Entry], *, by: tuple[Group, ...] = ("role", "skill")) -> tuple[Row, ...]:
    """One row for each combination of the groups, in order of first appearance; () gives one row in all."""
    rows: dict[tuple[str, ...], Row] = defaultdict(Row)
    for entry in entries:
        event = entry.event
        if not isinstance(event, ModelCalled):
            continue
        purpose = event.purpose
        names = {"run": entry.run, "role": purpose.role, "skill": purpose.skill, "model": event.model}
        key = tuple(names[group] for group in by)
        row = rows[key].model_copy(update={group: names[group] for group in by})
        rows[key] = row.plus(event)
    return tuple(rows.values())
