"""When a conversation ends: conditions that can be joined with `|` and `&`. (The idea is AutoGen's.)"""

from collections.abc import Callable
from dataclasses import dataclass

from makery.kernel.dialogue import Executed
from makery.teams.table import Outcome, Table


@dataclass(frozen=True)
class Reason:
    """Why a conversation ends."""

    text: str
    outcome: Outcome = "done"


@dataclass(frozen=True)
class Stop:
    """A condition on a table: a reason to end, or None."""

    met: Callable[[Table], Reason | None]

    def __or__(self, other: "Stop") -> "Stop":
        """Met as soon as one of both is."""
        return Stop(lambda table: self.met(table) or other.met(table))

    def __and__(self, other: "Stop") -> "Stop":
        """Met when both are."""

        def both(table: Table) -> Reason | None:
            one, two = self.met(table), other.met(table)
            return Reason(f"{one.text} and {two.text}", one.outcome) if one and two else None

        return Stop(both)


def max_turns(most: int) -> Stop:
    """After so many turns, whatever was reached."""
    reason = Reason(f"the limit of {most} turns", "stopped")
    return Stop(lambda table: reason if table.turns >= most else None)


def says(word: str, *, by: str = "") -> Stop:
    """When the last turn contains a word, if given from that speaker."""

    def met(table: Table) -> Reason | None:
        last = table.utterances[-1] if table.utterances else None
        fits = last is not None and word in last.text and by in ("", last.speaker)
        return Reason(f"{last.speaker} said {word!r}") if last is not None and fits else None

    return Stop(met)


def spoken(role: str, *, times: int = 1) -> Stop:
    """When a role has had so many turns."""

    def met(table: Table) -> Reason | None:
        turns = sum(turn.speaker == role for turn in table.utterances)
        return Reason(f"{role} has spoken") if turns >= times else None

    return Stop(met)


def code_works() -> Stop:
    """When the code that was run last ended without an error."""

    def met(table: Table) -> Reason | None:
        ran = [artifact for artifact in table.said if isinstance(artifact, Executed)]
        return Reason("the code ran without an error") if ran and not ran[-1].failed else None

    return Stop(met)
