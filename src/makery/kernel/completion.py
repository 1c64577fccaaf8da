"""What is asked of a model and what comes back, in no vendor's words."""

from typing import Any, Literal

from pydantic import Field

from makery.kernel.artifact import Frozen
from makery.kernel.message import EVERYONE
from makery.kernel.tool import ToolCall, ToolSpec


class Purpose(Frozen):
    """On whose behalf a model is called: the key of all accounting."""

    run: str = ""
    role: str = ""
    skill: str = ""
    act: str = ""
    audience: tuple[str, ...] = (EVERYONE,)
    """Who may read what comes of it: role names, or `*`."""


UNNAMED = Purpose()
"""Of what is done on nobody's behalf."""


class Prompt(Frozen):
    """Rendered text, and which template in which version it came from."""

    system: str
    user: str
    template: str = ""
    version: str = ""
    """First 12 hex digits of the template's SHA-256."""


class ModelCall(Frozen):
    """One request to a model. Equal calls may be answered from the cache."""

    prompt: Prompt
    purpose: Purpose = Purpose()
    output_schema: dict[str, Any] | None = None
    """JSON Schema of the answer; None for free text."""
    tools: tuple[ToolSpec, ...] = ()
    """What the model may ask to have done instead of answering. Not together with `output_schema`."""
    max_tokens: int = Field(default=1024, gt=0)
    """Cap on the completion, in tokens."""
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    seed: int = 0
    stop: tuple[str, ...] = ()
    sample: int = 0
    """Distinguishes otherwise equal calls of which several answers are wanted."""


class Usage(Frozen):
    """Tokens of one or many calls."""

    prompt_tokens: int = 0
    """All prompt tokens, cached ones included."""
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that the provider served from its prefix cache."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )

    @property
    def total(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


class Completion(Frozen):
    """A model's answer."""

    text: str
    finish: Literal["stop", "length", "repetition"]
    """`length`: the cap cut it; `repetition`: the guard cut it."""
    model: str
    calls: tuple[ToolCall, ...] = ()
    """What the model wants done; then `text` is what it said beside that."""
    usage: Usage = Usage()
    usd: float = 0.0
    seconds: float = 0.0
    """Wall clock, from sending to the last token."""
    attempts: int = 1
    source: Literal["model", "cache", "cassette"] = "model"

    @property
    def cut(self) -> bool:
        """Whether the answer is not whole."""
        return self.finish != "stop"
