"""A chat over the relay: what an account streams, as text that grows."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any

from makery.app.access import Principal
from makery.app.chatting import Turn, recent
from makery.app.relay import Relay
from makery.app.relayed import Relayed
from makery.kernel.errors import ProviderError, ProviderGarbage, ProviderUnavailable

_BLANK = b"\n\n"
_SHOWN = 400
"""Characters of an account's refusal that are told."""


async def relayed_chat(
    relay: Relay, who: Principal, turns: Sequence[Turn], *, model: str
) -> AsyncGenerator[str, None]:
    """The answer to a chat's last turn: all that has come so far, each time that more has come.

    It is counted like any other request of that caller. Closed early, it lets the account go at once.

    Args:
        relay: has the accounts.
        who: whose key, models and quota count.
        turns: the chat so far, oldest first; the last forty are handed on.
        model: one of the relay's.

    Raises:
        MakeryError: as `Relay.ask`; or the account refused, or hung up half way.
    """
    messages = [{"role": _role(turn.speaker), "content": turn.text} for turn in recent(turns)]
    asked = {"model": model, "messages": messages, "stream": True}
    body = json.dumps(asked, ensure_ascii=False).encode("utf-8", "surrogatepass")
    answer = await relay.ask(who, "chat/completions", body)
    whole = ""
    try:
        async for piece in _texts(answer):
            whole += piece
            yield whole
    finally:
        if answer.stream is not None:
            await answer.stream.close()


def _role(speaker: str) -> str:
    return "assistant" if speaker == "assistant" else "user"


async def _texts(answer: Relayed) -> AsyncIterator[str]:
    if answer.stream is None:
        yield _whole(answer)
        return
    rest = b""
    async for piece in answer.stream:
        *events, rest = (rest + piece).replace(b"\r\n", b"\n").split(_BLANK)
        for event in events:
            if text := _text(event):
                yield text
    if text := _text(rest):
        yield text


def _whole(answer: Relayed) -> str:
    """The text of an answer that came in one piece: a kept stream, a message, or a refusal."""
    if answer.status != 200:
        raise ProviderError(_refusal(answer))
    if answer.kind.startswith("text/event-stream"):
        return "".join(map(_text, answer.body.replace(b"\r\n", b"\n").split(_BLANK)))
    return _content(_read(answer.body), "message")


def _text(event: bytes) -> str:
    """What an event of a stream adds; '' for those without text."""
    lines = (line[5:].strip() for line in event.splitlines() if line.startswith(b"data:"))
    data = b"\n".join(lines)
    if not data or data == b"[DONE]":
        return ""
    read = _read(data)
    if "error" in read:
        raise ProviderUnavailable(_message(read) or "The account broke off.", remedy="Ask again.")
    return _content(read, "delta")


def _content(read: Mapping[str, Any], part: str) -> str:
    choices = read.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    said = first.get(part) if isinstance(first, dict) else None
    content = said.get("content") if isinstance(said, dict) else None
    return content if isinstance(content, str) else ""


def _read(data: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(data)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise ProviderGarbage("The account answered something that is no chat.", remedy="Ask again.")
    return read


def _refusal(answer: Relayed) -> str:
    try:
        message = _message(_read(answer.body))
    except ProviderGarbage:
        message = ""
    return message or f"The account refused with status {answer.status}."


def _message(read: Mapping[str, Any]) -> str:
    """An error's message, in OpenAI's form or as a bare string; '' if there is none."""
    error = read.get("error")
    said = error.get("message") if isinstance(error, dict) else error
    return said[:_SHOWN] if isinstance(said, str) else ""
