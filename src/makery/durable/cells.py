"""A notebook whose finished cells are kept."""

import hashlib

from makery.durable.steps import Steps
from makery.kernel.cells import CellEnd, CellRun, Notebook


class DurableNotebook:
    """The kernel's `Notebook` port: a cell that ended before gives its result and runs no more."""

    def __init__(self, inner: Notebook, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    async def run(self, wanted: CellRun, /) -> CellEnd:
        """The cell's result.

        Raises:
            SandboxUnavailable: no session can be had on this machine.
        """
        key = hashlib.sha256(wanted.model_dump_json(exclude={"purpose"}).encode()).hexdigest()

        async def work() -> str:
            return (await self._inner.run(wanted)).model_dump_json()

        return CellEnd.model_validate_json((await self._steps.once(f"cell-{key[:32]}", work)).text)
