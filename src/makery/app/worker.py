"""What a worker does with the work that it takes from the queues."""

import asyncio
import json
from typing import TYPE_CHECKING

from makery.app.work_parts import Spread
from makery.durable.dbos_worker import Leaving
from makery.kernel.act import Act
from makery.kernel.completion import ModelCall
from makery.kernel.errors import MakeryError, OtherVersion, StorageFailure

if TYPE_CHECKING:
    from makery.app.factory import Factory

ATTEMPTS = 10
"""Sittings of a run that a failing database or disk may spoil before that counts as the run's end."""
LONGEST_SECONDS = 15.0
"""Between two of them."""


class Worker:
    """See `makery.durable.dbos_worker.Duties`.

    Args:
        factory: does the work.
    """

    def __init__(self, factory: "Factory") -> None:
        self._factory = factory

    async def run(self, run: str, tenant: str, leaving: Leaving, /) -> str:
        """Conduct a run; a database that is away for a while stops it for that while only."""
        spread = Spread(tenant, leaving)
        for attempt in range(ATTEMPTS):
            try:
                result = await self._factory.conduct(run, spread)
                if not _may_pass(result.error):
                    return str(result.exit_status)
            except StorageFailure as failure:
                if attempt == ATTEMPTS - 1 or not _may_pass(failure):
                    raise
            await asyncio.sleep(min(LONGEST_SECONDS, 2.0**attempt))
        return str(StorageFailure.exit_status)

    async def act(self, run: str, tenant: str, act: Act, /) -> str:
        """Perform one act; gives its message as JSON."""
        return json.dumps((await self._factory.perform(run, Spread(tenant), act)).record())

    async def begin(self, name: str, at: str, order: str, /) -> str:
        """Begin what a schedule says."""
        return await asyncio.to_thread(self._factory.begin_planned, name, at, order)

    async def call(self, run: str, tenant: str, call: ModelCall, /) -> str:
        """Make one model call."""
        return await self._factory.make_call(run, Spread(tenant), call)


def _may_pass(error: MakeryError | None) -> bool:
    """Whether a run was stopped by something that may mend itself."""
    return isinstance(error, StorageFailure) and not isinstance(error, OtherVersion)
