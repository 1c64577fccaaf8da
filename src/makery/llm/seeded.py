"""Models whose random numbers begin at a run's seed."""

from makery.kernel.completion import Completion, ModelCall
from makery.kernel.ports import Models

_STRIDE = 1009
"""A prime larger than the seeds that skills use, so that two runs' seeds do not overlap."""


class SeededModels:
    """The `Models` port: passes calls on, with their seeds moved by the run's."""

    def __init__(self, models: Models, seed: int) -> None:
        self._models = models
        self._seed = seed

    @property
    def candidates(self) -> int:
        """As the gateway says."""
        return self._models.candidates

    @property
    def one_suite(self) -> bool:
        """As the gateway says."""
        return self._models.one_suite

    async def complete(self, call: ModelCall, /) -> Completion:
        """Answer a call whose seed is moved by the run's."""
        moved = call.model_copy(update={"seed": call.seed + _STRIDE * self._seed})
        return await self._models.complete(moved)
