"""Several models in one run: each role is answered by its own."""

from collections.abc import Mapping

from makery.kernel.completion import Completion, ModelCall
from makery.kernel.ports import Models


class RoleModels:
    """The kernel's `Models` port over others.

    Args:
        usual: answers every role that has no model of its own.
        own: the others, by the names of their roles.
    """

    def __init__(self, usual: Models, own: Mapping[str, Models]) -> None:
        self._usual = usual
        self._own = own

    @property
    def candidates(self) -> int:
        """As the usual model says."""
        return self._usual.candidates

    @property
    def one_suite(self) -> bool:
        """As the usual model says."""
        return self._usual.one_suite

    async def complete(self, call: ModelCall, /) -> Completion:
        """The answer of the model of the role on whose behalf the call is made.

        Raises:
            MakeryError: as that model says.
        """
        return await self._own.get(call.purpose.role, self._usual).complete(call)
