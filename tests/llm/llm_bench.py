"""A gateway on a stand-in provider, and what is needed to ask it."""

from dataclasses import dataclass, field
from typing import Any

from llm_standin import MODEL, StandIn

from makery.kernel.budget import Budget
from makery.kernel.completion import ModelCall, Prompt, Purpose
from makery.kernel.events import Event, ModelCalled, ModelRetried, TextStreamed
from makery.llm.catalogue import ModelEntry, Price, Provider
from makery.llm.connection import Connection
from makery.llm.gateway import Gateway
from makery.llm.retry import CallPolicy

WIRES = ("openai", "anthropic", "google", "azure", "replicate")
QUICK = CallPolicy(attempts=3, first_token_seconds=5.0, idle_seconds=5.0, seconds=10.0)
PRICE = Price(input=2.0, output=10.0, cached=0.5, source="https://example.com/prices", checked="2026-11-27")


def entry_of(wire: str, **changes: Any) -> ModelEntry:
    """A catalogue entry for a stand-in of that wire format."""
    provider = {
        "name": "openai" if wire == "openai" else wire,
        "title": "Stand-in",
        "wire": wire,
        "key_variables": ("STANDIN_API_KEY",),
        "structure": "prompt" if wire == "replicate" else "schema",
        **changes.pop("provider", {}),
    }
    given = {"model": MODEL, "context": 8192, "price": PRICE, "candidates": 3, **changes}
    return ModelEntry(provider=Provider(**provider), **given)


def call_of(user: str = "Say hello", **changes: Any) -> ModelCall:
    """A call by the skill `write_code`."""
    given = {
        "prompt": Prompt(system="You are terse.", user=user, template="write_code", version="abc"),
        "purpose": Purpose(run="r1", role="engineer", skill="write_code", act="a1"),
        "max_tokens": 64,
        **changes,
    }
    return ModelCall(**given)


@dataclass
class Bench:
    """A gateway, the provider it calls, and what it told."""

    gateway: Gateway
    standin: StandIn
    connection: Connection
    budget: Budget
    events: list[Event] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def called(self) -> list[ModelCalled]:
        return [event for event in self.events if isinstance(event, ModelCalled)]

    @property
    def retried(self) -> list[ModelRetried]:
        return [event for event in self.events if isinstance(event, ModelRetried)]

    @property
    def streamed(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextStreamed))
