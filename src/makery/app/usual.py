"""How long runs of a kind have taken, as an honest guess at how long one of them will take."""

from collections.abc import Sequence
from statistics import median

from makery.kernel.artifact import Frozen
from makery.store.runs import RunRecord

FEWEST = 3
"""Below so many runs nothing is said."""
MOST = 9
"""So many of the newest are looked at."""
_MODES = ("direct", "duo", "company")


class Usual(Frozen):
    """How long earlier runs took from beginning to end, in seconds; pauses and waiting for people count."""

    runs: int
    shortest: float
    middle: float
    """Half of them took longer."""
    longest: float


def usual_time(run: RunRecord, others: Sequence[RunRecord]) -> Usual | None:
    """How long earlier builds by the same people and model took that came to their end.

    None if there were fewer than `FEWEST`, or the run is no build.

    Args:
        run: the run that is asked about.
        others: runs, newest first.
    """
    alike = (other for other in others if other.id != run.id and _kind(other) == _kind(run))
    took = [other.ended - other.created for other in alike if other.status == "ended" and other.ended][:MOST]
    if run.mode not in _MODES or len(took) < FEWEST:
        return None
    return Usual(runs=len(took), shortest=min(took), middle=median(took), longest=max(took))


def _kind(run: RunRecord) -> tuple[str, str]:
    return run.mode, run.model
