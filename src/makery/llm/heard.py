"""What has come of a stream so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

from makery.kernel.completion import Usage
from makery.kernel.errors import MalformedOutput, Repetition
from makery.kernel.tool import ToolCall
from makery.llm.answer_form import prompt_tokens
from makery.llm.dialects.wire import CallPiece, EndPiece, Piece, Request, TextPiece
from makery.llm.repetition import Loop, RepetitionGuard
from makery.llm.structured import document
from makery.llm.tokens import estimate


@dataclass
class Heard:
    """Takes a stream's pieces and passes its text on."""

    tell: Callable[[str], None]
    """Called with each piece of text."""
    loop: Loop | None = field(default=None, init=False)
    end: EndPiece | None = field(default=None, init=False)
    calls: list[ToolCall] = field(default_factory=list[ToolCall], init=False)
    _guard: RepetitionGuard = field(default_factory=RepetitionGuard, init=False)

    @property
    def text(self) -> str:
        """All text so far."""
        return self._guard.text

    def take(self, piece: Piece) -> bool:
        """Take in a piece; whether the stream is worth listening to any longer."""
        if isinstance(piece, TextPiece):
            self.loop = self._guard.feed(piece.text)
            self.tell(piece.text)
        elif isinstance(piece, CallPiece):
            self.calls.append(piece.call)
        elif isinstance(piece, EndPiece):
            self.end = piece
        return self.loop is None

    def usage(self, request: Request) -> Usage | None:
        """Tokens used: as told, else estimated from the texts; None if nothing came at all."""
        if self.end is not None and self.end.usage is not None:
            return self.end.usage
        if not self.text and not self.calls and self.end is None:
            return None
        return Usage(prompt_tokens=prompt_tokens(request), completion_tokens=estimate(self.text))

    def answer(self, request: Request, model: str) -> str:
        """The usable answer.

        Raises:
            Repetition: the guard cut the stream; carries the text before the loop.
            MalformedOutput: it is empty, was withheld, or is not the document asked for.
        """
        if self.loop is not None:
            raise Repetition(f"{model} repeated {self.loop}; it was cut.", text=self.text[: self.loop.start])
        if self.end is not None and self.end.finish == "refused":
            raise MalformedOutput(f"{model} or its provider's filter withheld the answer.")
        if self.calls:
            return self.text
        if not self.text.strip():
            raise MalformedOutput(f"{model} answered nothing.")
        if request.output_schema is None:
            return self.text
        return document(
            self.text, request.output_schema, cut=self.end is not None and self.end.finish == "length"
        )
