"""What every dialect takes and gives: a request in no vendor's words, and an answer in pieces."""

from collections.abc import AsyncGenerator
from typing import Any, Literal, Protocol

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Usage
from makery.kernel.tool import ToolCall, ToolSpec
from makery.llm.catalogue import Structure
from makery.llm.endpoint import Endpoint


class Turn(Frozen):
    """One turn of the conversation after the system text."""

    speaker: Literal["user", "model"]
    text: str


class Request(Frozen):
    """One request, as it goes over the wire."""

    model: str
    system: str
    turns: tuple[Turn, ...]
    output_schema: dict[str, Any] | None = None
    structure: Structure = "schema"
    tools: tuple[ToolSpec, ...] = ()
    """Offered through the wire format's own tool calls."""
    max_tokens: int
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


class TextPiece(Frozen):
    """A piece of the answer."""

    text: str


class ThoughtPiece(Frozen):
    """A sign of life that is not part of the answer: reasoning, or an empty chunk."""

    text: str = ""


class CallPiece(Frozen):
    """A whole tool call."""

    call: ToolCall


class EndPiece(Frozen):
    """The last piece of a whole answer."""

    finish: Literal["stop", "length", "refused"]
    usage: Usage | None = None
    """None: the provider did not say."""


Piece = TextPiece | ThoughtPiece | CallPiece | EndPiece


class Dialect(Protocol):
    """Speaks one wire format. It never retries: that is decided in one place, `retry.py`."""

    def stream(self, request: Request, endpoint: Endpoint) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, an `EndPiece` last; closing the iterator ends the request.

        Raises:
            ProviderError: the endpoint failed, in one of its kinds.
            ContextOverflow: the endpoint says that the prompt is too long.
        """
        ...

    async def aclose(self) -> None:
        """Close kept connections."""
        ...
