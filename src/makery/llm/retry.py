"""Whether and how a failed call is asked again: the one place that decides it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from makery.kernel.artifact import Frozen
from makery.kernel.errors import (
    ContextOverflow,
    MakeryError,
    MalformedOutput,
    ModelError,
    ProviderError,
    RateLimited,
)
from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.wire import Request
from makery.llm.repair import repaired


class CallPolicy(Frozen):
    """Bounds of one model call."""

    attempts: int = 5
    """Most requests for one call when the endpoint fails."""
    changes: int = 2
    """Most times a repeating or empty answer is asked for again, differently."""
    first_wait: float = 1.0
    """Seconds before the second request; doubled each time, with jitter."""
    longest_wait: float = 60.0
    """A server that asks for a longer wait than this is given up on."""
    seconds: float = 1800.0
    """Most for one request, from sending to its last token."""
    first_token_seconds: float = 120.0
    """Most until the first token."""
    idle_seconds: float = 120.0
    """Most between two tokens."""

    @staticmethod
    def usual(entry: ModelEntry) -> "CallPolicy":
        """What suits a model where nobody says otherwise."""
        slow = {"first_token_seconds": 900.0, "idle_seconds": 180.0}
        # A busy laptop reads a long prompt slowly; a hosted endpoint that is silent for long is hung.
        return CallPolicy.model_validate(slow if entry.provider.local else {})


@dataclass(frozen=True)
class Again:
    """What to ask next, after which wait, and what is different."""

    request: Request
    wait: float
    reason: str
    change: str


@dataclass
class RetryPlan:
    """Decides after each failure of one call. Not shared between calls."""

    policy: CallPolicy
    random: Random
    fits: Callable[[Request], bool]
    """Whether a request with more text in it still fits the context."""
    _failures: int = field(default=0, init=False)
    _changes: int = field(default=0, init=False)
    _repaired: bool = field(default=False, init=False)

    def after(self, error: MakeryError, request: Request) -> Again:
        """How to go on after a failure.

        Raises:
            MakeryError: the given error, if asking again cannot help or was done often enough.
        """
        if isinstance(error, ProviderError):
            return self._endpoint_failed(error, request)
        if isinstance(error, MalformedOutput) and request.output_schema is not None:
            again = self._repair(error, request)
            if again is not None:
                return again
            if error.text.strip():
                raise error
        if isinstance(error, ModelError) and not isinstance(error, ContextOverflow):
            return self._changed(error, request)
        raise error

    def _endpoint_failed(self, error: ProviderError, request: Request) -> Again:
        self._failures += 1
        if not error.retryable or self._failures >= self.policy.attempts:
            raise error
        wait = self.policy.first_wait * 2 ** (self._failures - 1) * (0.5 + self.random.random() / 2)
        wait = min(wait, self.policy.longest_wait)
        asked = error.retry_after if isinstance(error, RateLimited) else None
        if asked is not None:
            if asked > self.policy.longest_wait:
                raise error
            wait = max(wait, asked)
        return Again(request, wait, error.message, f"the same again after {wait:.1f} s")

    def _repair(self, error: MalformedOutput, request: Request) -> Again | None:
        if self._repaired or not error.text.strip():
            return None
        again = repaired(request, error.text, error.message)
        if not self.fits(again):
            return None
        self._repaired = True
        return Again(again, 0.0, error.message, "the error is shown to the model")

    def _changed(self, error: ModelError, request: Request) -> Again:
        self._changes += 1
        if self._changes > self.policy.changes:
            raise error
        temperature = min(1.0, (request.temperature or 0.0) + 0.35)
        seed = (request.seed or 0) + 7919 * self._changes
        again = request.model_copy(update={"temperature": temperature, "seed": seed})
        return Again(again, 0.0, error.message, f"temperature {temperature:g}, seed {seed}")
