"""Who acts next."""

from collections.abc import Sequence
from typing import Protocol as Structural

from makery.kernel.act import Act
from makery.kernel.pool import Pool


class Protocol(Structural):
    """A small strategy over the pool.

    Both methods are pure functions of the pool: after a crash the same pool leads to the same acts.
    """

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        """All acts that are ready; one that was performed or is under way is ignored."""
        ...

    def finished(self, pool: Pool) -> bool:
        """Whether the run's purpose is reached."""
        ...
