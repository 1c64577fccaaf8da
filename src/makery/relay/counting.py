"""What an answer used: read from it as it passes by, and only estimated where it does not say."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CHARACTERS_PER_TOKEN = 3
"""Fewer than is usual, so that an estimate errs on the high side."""
_BLANK_LINES = (b"\n\n", b"\r\n\r\n")


class Used(NamedTuple):
    """Tokens of one request."""

    prompt: int
    completion: int


def estimated_prompt(body: bytes) -> int:
    """About how many tokens a request's body is."""
    return len(body.decode("utf-8", "replace")) // CHARACTERS_PER_TOKEN + 1


def used_of(answer: Mapping[str, Any]) -> Used | None:
    """What an answer says of itself; None if nothing."""
    usage = answer.get("usage")
    if not isinstance(usage, Mapping):
        return None
    prompt = usage.get("prompt_tokens", usage.get("input_tokens", 0))
    completion = usage.get("completion_tokens", usage.get("output_tokens", 0))
    numbers = isinstance(prompt, int) and isinstance(completion, int)
    return Used(max(0, prompt), max(0, completion)) if numbers else None


@dataclass
class StreamCount:
    """Looks at a stream of server-sent events as it passes.

    The event that holds only the usage is left out unless the caller asked for it: the relay asks for it
    in every case, because it has to count.
    """

    keep_usage: bool
    pieces: int = 0
    """Events with data; about one token each."""
    used: Used | None = None
    _rest: bytes = field(default=b"")

    def passed(self, data: bytes) -> bytes:
        """What of some bytes, and of those held back before, is to be sent on now."""
        out = [event for event in self._events(data) if self._is_kept(event)]
        return b"".join(out)

    def rest(self) -> bytes:
        """What is left when the stream ended without a blank line."""
        left, self._rest = self._rest, b""
        return left if left and self._is_kept(left) else b""

    def _events(self, data: bytes) -> Iterator[bytes]:
        rest = self._rest + data
        while True:
            ends = [(at, len(mark)) for mark in _BLANK_LINES if (at := rest.find(mark)) >= 0]
            if not ends:
                break
            at, length = min(ends)
            yield rest[: at + length]
            rest = rest[at + length :]
        self._rest = rest

    def _is_kept(self, event: bytes) -> bool:
        # Those of responses begin with their name: "event: …".
        self.pieces += any(line.startswith(b"data:") for line in event.splitlines())
        if b'"usage"' not in event:
            return True
        answer = _data(event)
        if answer is None:
            return True
        response = answer.get("response")
        self.used = (
            used_of(answer) or (used_of(response) if isinstance(response, dict) else None) or self.used
        )
        return self.keep_usage or answer.get("choices") != []


def _data(event: bytes) -> dict[str, Any] | None:
    lines = [line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")]
    try:
        answer = json.loads(b"\n".join(lines))
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
