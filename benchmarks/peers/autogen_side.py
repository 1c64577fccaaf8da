"""The conversation on AutoGen 0.7 (AgentChat); see `benchmarks/peers.py`.

AutoGen keeps nothing by itself. Its documentation ("Managing State") has the program call `save_state`, write
the state to a file, and `load_state` it later. With the variant "each_turn" this program does so after each
turn: a team of one turn is run again and again. With "at_end" it does so after the run, as documented.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core.models import (
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelCapabilities,  # type: ignore[attr-defined]
    ModelFamily,
    ModelInfo,
    RequestUsage,
)
from scripted import GOAL, SPEAKERS, TASK, WARM_TURNS, Meter, Order, Scripted


class Client(ChatCompletionClient):
    """AutoGen's port for models, on the scripted one."""

    def __init__(self, model: Scripted) -> None:
        self._model = model

    async def create(self, messages: Sequence[LLMMessage], **_: Any) -> CreateResult:
        """One answer."""
        text = await self._model.say("\n".join(str(message.content) for message in messages))
        return CreateResult(finish_reason="stop", content=text, usage=self.actual_usage(), cached=False)

    def create_stream(
        self, messages: Sequence[LLMMessage], **_: Any
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Not asked for here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is open."""

    def actual_usage(self) -> RequestUsage:
        """Made up."""
        return RequestUsage(prompt_tokens=100, completion_tokens=20)

    def total_usage(self) -> RequestUsage:
        """Made up."""
        return self.actual_usage()

    def count_tokens(self, messages: Sequence[LLMMessage], **_: Any) -> int:
        """Made up."""
        return 100

    def remaining_tokens(self, messages: Sequence[LLMMessage], **_: Any) -> int:
        """Made up."""
        return 100_000

    @property
    def capabilities(self) -> ModelCapabilities:
        """As `model_info`."""
        return ModelCapabilities(vision=False, function_calling=False, json_output=False)

    @property
    def model_info(self) -> ModelInfo:
        """Text only."""
        return ModelInfo(
            vision=False,
            function_calling=False,
            json_output=False,
            family=ModelFamily.UNKNOWN,
            structured_output=False,
        )


def team(model: Scripted, turns: int) -> RoundRobinGroupChat:
    """Two who take turns; a run of it ends after so many."""
    agents = [AssistantAgent(name, Client(model), system_message=GOAL) for name in SPEAKERS]
    return RoundRobinGroupChat(list(agents), max_turns=turns)


async def talk(path: Path, model: Scripted, *, turns: int, at_once: int) -> None:
    """One conversation, from its beginning or from where the file has it."""
    talking = team(model, at_once)
    done = 0
    if (state := _kept(path)) is not None:
        await talking.load_state(state)
        done = _said(state)
    while done < turns:
        await talking.run(task=None if done else TASK)
        _keep(path, await talking.save_state())
        done += at_once


def _kept(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _keep(path: Path, state: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(state), encoding="utf-8")


def _said(state: Mapping[str, Any]) -> int:
    manager = state["agent_states"]["RoundRobinGroupChatManager"]
    return sum(message["source"] in SPEAKERS for message in manager["message_thread"])


async def main() -> None:
    """Do what is ordered."""
    order = Order.read()
    each = order.variant == "each_turn"
    warm = Scripted(order.folder / "warm.log", 0.0)
    await talk(order.folder / "warm.json", warm, turns=WARM_TURNS, at_once=1)
    model = Scripted(order.folder / "calls.log", order.latency, order.kill_at)
    meter = Meter()
    await talk(order.folder / "autogen.json", model, turns=order.turns, at_once=1 if each else order.turns)
    meter.tell(order, model)


if __name__ == "__main__":
    asyncio.run(main())
