"""A chat over the relay, without its page: kept answers, refusals, accounts that hang up."""

from pathlib import Path
from typing import Any

import pytest
from api_server import make_factory, served
from relay_upstream import UPSTREAM_KEY, Upstream

from makery.app.access import Principal
from makery.app.chatting import Turn
from makery.app.relay import Relay
from makery.app.relay_chat import relayed_chat
from makery.app.settings import RelaySettings
from makery.kernel.errors import MakeryError, ProviderError, ProviderUnavailable

OPERATOR = Principal(organisation="local", scopes=frozenset({"operator"}))


async def words(url: str, folder: Path, turns: list[Turn], **relay: Any) -> list[str]:
    """What a chat with the account at an address becomes, piece by piece."""
    settings = RelaySettings.model_validate({"upstreams": {"only": {"base_url": f"{url}/v1"}}, **relay})
    made = Relay(settings, make_factory(folder).registers().relay_usage)
    try:
        # Twice: the second answer may be a kept one.
        first = [text async for text in relayed_chat(made, OPERATOR, turns, model="m")]
        second = [text async for text in relayed_chat(made, OPERATOR, turns, model="m")]
        assert first[-1] == second[-1]
        return first
    finally:
        await made.close()


async def test_a_kept_answer_is_the_same_chat(tmp_path: Path) -> None:
    upstream = Upstream("only")
    with served(upstream.app) as url:
        grown = await words(url, tmp_path, [Turn("user", "Hi")], cache_minutes=5)
    assert grown == ["I ", "I am ", "I am only"]
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    ("fault", "error"), [("400", ProviderError), ("midway", ProviderUnavailable), ("500", MakeryError)]
)
async def test_what_an_account_refuses_is_told(tmp_path: Path, fault: str, error: type[Exception]) -> None:
    upstream = Upstream("only")
    upstream.fault = fault
    with served(upstream.app) as url, pytest.raises(error) as refused:
        await words(url, tmp_path, [Turn("user", "Hi")])
    assert UPSTREAM_KEY not in str(refused.value)
