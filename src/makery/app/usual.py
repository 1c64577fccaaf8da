"""How long runs of a kind have taken, as an honest guess at how long one of them will take."""

from collections.abc import Callable, Sequence
from statistics import median

from makery.kernel.artifact import Frozen
from makery.kernel.events import Entry, RunEnded
from makery.store.runs import RunRecord

FEWEST = 3
"""Below so many runs nothing is said."""
MOST = 9
"""So many of the newest are looked at."""
_MODES = ("direct", "duo", "company")


class Usual(Frozen):
    """How long earlier runs took, in seconds of work: waiting between their sittings does not count."""

    runs: int
    shortest: float
    middle: float
    """Half of them took longer."""
    longest: float


def usual_time(
    run: RunRecord, others: Sequence[RunRecord], entries: Callable[[str], Sequence[Entry]]
) -> Usual | None:
    """How long earlier builds by the same people and model took that came to their end.

    None if there were fewer than `FEWEST`, or the run is no build.

    Args:
        run: the run that is asked about.
        others: runs, newest first.
        entries: gives a run's ledger.
    """
    if run.mode not in _MODES:
        return None
    alike = [
        other
        for other in others
        if other.id != run.id
        and other.status == "ended"
        and (other.mode, other.model) == (run.mode, run.model)
    ]
    took = [_seconds(entries(other.id)) for other in alike[:MOST]]
    if len(took) < FEWEST:
        return None
    return Usual(runs=len(took), shortest=min(took), middle=median(took), longest=max(took))


def _seconds(entries: Sequence[Entry]) -> float:
    return sum(entry.event.seconds for entry in entries if isinstance(entry.event, RunEnded))
