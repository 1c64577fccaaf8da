"""Fixtures of the gateway's tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest
from llm_bench import QUICK, Bench, entry_of
from llm_standin import KEY, StandIn
from pydantic import SecretStr

from makery.kernel.budget import Budget, Limits
from makery.kernel.events import Event
from makery.llm.connect import LateDialect
from makery.llm.connection import Connection
from makery.llm.endpoint import Endpoint, FixedEndpoint
from makery.llm.gateway import Gateway


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Any]]:
    """Makes benches: `await bench("openai", script=[...], entry={...}, key=..., **gateway_arguments)`."""
    async with AsyncExitStack() as stack:

        async def make(wire: str = "openai", **given: Any) -> Bench:
            standin = await stack.enter_async_context(StandIn(wire).serve())
            standin.script = given.pop("script", standin.script)
            entry = entry_of(wire, **given.pop("entry", {}))
            endpoint = Endpoint(base_url=given.pop("url", standin.url), key=SecretStr(given.pop("key", KEY)))
            connection = Connection(
                entry, LateDialect(entry), given.pop("endpoints", FixedEndpoint(endpoint))
            )
            stack.push_async_callback(connection.aclose)
            events: list[Event] = []
            slept: list[float] = []

            async def sleep(seconds: float) -> None:
                slept.append(seconds)

            settings = {
                "budget": Budget(given.pop("limits", Limits())),
                "policy": QUICK,
                "sleep": sleep,
                "random": Random(1),
                **given,
            }
            gateway = Gateway(connection=connection, sink=events.append, **settings)
            return Bench(gateway, standin, connection, settings["budget"], events, slept)

        yield make
