"""A model that can be called: what it is, how it is spoken to, where it answers."""

import asyncio
from dataclasses import dataclass, field

from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.wire import Dialect
from makery.llm.endpoint import EndpointSource


@dataclass(frozen=True)
class Connection:
    """Shared by all runs that call the same model; close it when the last one has ended."""

    entry: ModelEntry
    dialect: Dialect
    endpoints: EndpointSource
    slots: asyncio.Semaphore = field(init=False)
    """Bounds how many requests are under way at the same time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", asyncio.Semaphore(self.entry.provider.concurrency))

    async def aclose(self) -> None:
        """Close kept connections."""
        await self.dialect.aclose()
