"""Turns whatever a client library raises into the kernel's typed errors, with a sentence that helps."""

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

import httpx
import httpx2
from pydantic import ValidationError
from pydantic_ai import exceptions as ai

from makery.kernel.errors import (
    AuthenticationFailed,
    ContextOverflow,
    MakeryError,
    ProviderError,
    ProviderGarbage,
    ProviderUnavailable,
    RateLimited,
    UnknownModel,
)
from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.wire import Request
from makery.llm.endpoint import Endpoint
from makery.llm.tokens import estimate

_TRANSPORT = (httpx.TransportError, httpx2.TransportError, httpx.StreamError, httpx2.StreamError, OSError)
_GARBAGE = (JSONDecodeError, ValidationError, UnicodeDecodeError, ai.UnexpectedModelBehavior)
_EXCERPT = 300


class Place:
    """Where a request went: what error messages need to be of use."""

    def __init__(self, entry: ModelEntry, endpoint: Endpoint, request: Request | None = None) -> None:
        self._entry = entry
        self._endpoint = endpoint
        self._request = request

    @contextmanager
    def typed_errors(self) -> Iterator[None]:
        """Raise the kernel's errors in place of the client libraries'."""
        try:
            yield
        except ai.ModelAPIError as error:
            raise self._api_error(error) from error
        except _GARBAGE as error:
            raise self.garbage(str(error)) from error
        except _TRANSPORT as error:
            raise self.unavailable(str(error) or type(error).__name__) from error

    def status(self, code: int, body: str, retry_after: float | None = None) -> MakeryError:
        """The error that an HTTP status of 400 or more stands for."""
        if code in (401, 403):
            return self._refused()
        if code == 404:
            return self._unknown()
        if code == 402:
            return self._no_credit(body)
        if code == 429 or (code >= 500 and retry_after is not None):
            return self._limited(code, retry_after)
        if code >= 500:
            return self.unavailable(f"HTTP {code} {self._excerpt(body)}")
        return self.rejected(f"HTTP {code} {self._excerpt(body)}")

    def unavailable(self, detail: str) -> ProviderUnavailable:
        """It refused, failed, timed out or hung up."""
        remedy = "" if self._entry.provider.local else "Check the network and the provider's status page. "
        return ProviderUnavailable(
            f"{self} does not answer: {self._excerpt(detail)}.",
            remedy=f"{remedy}Is something listening at {self._endpoint.base_url}?",
        )

    def garbage(self, detail: str) -> ProviderGarbage:
        """It answered something that is not its protocol."""
        return ProviderGarbage(
            f"{self} answered something that is not the {self._entry.provider.wire} format: "
            f"{self._excerpt(detail)}.",
            remedy=f"Is {self._endpoint.base_url} the base URL of an {self._entry.provider.wire} API?",
        )

    def rejected(self, detail: str) -> ProviderError:
        """It refuses the request as such; sending it again will not help."""
        return ProviderError(f"{self} rejected the request: {self._excerpt(detail)}.")

    def overflow(self) -> ContextOverflow:
        """The endpoint says that the prompt does not fit."""
        needed = self._needed()
        available = min(self._entry.context, needed - 1)
        return ContextOverflow(
            f"{self} says that the prompt does not fit its context (about {needed} tokens are asked for).",
            needed=needed,
            available=available,
            remedy="Use a model with a larger context, or a shorter requirement.",
        )

    def __str__(self) -> str:
        return f"{self._entry.provider.title} ({self._entry.model} at {self._endpoint.base_url})"

    def _api_error(self, error: ai.ModelAPIError) -> MakeryError:
        if isinstance(error, ai.ModelContextWindowExceededError):
            return self.overflow()
        if isinstance(error, ai.ModelQuotaExceededError):
            return self._no_credit(str(error.body or ""))
        if isinstance(error, ai.ModelRateLimitError):
            return self._limited(429, error.retry_after)
        if isinstance(error, ai.ModelAuthenticationError):
            return self._refused()
        if isinstance(error, ai.ModelNotFoundError):
            return self._unknown()
        if isinstance(error, ai.ModelHTTPError):
            return self.status(error.status_code, str(error.body or ""), error.retry_after)
        if isinstance(error, ai.ModelConnectionError | ai.ModelServerError | ai.ModelUnavailableError):
            return self.unavailable(_innermost(error))
        return self._other(error)

    def _other(self, error: ai.ModelAPIError) -> MakeryError:
        # A stream that ends early is the provider's failure; anything else left over was not its protocol.
        cut = "finish_reason" in str(error) or isinstance(error, ai.ModelRequestTimeout)
        return self.unavailable("the stream ended early") if cut else self.garbage(str(error))

    def _refused(self) -> AuthenticationFailed:
        variables = " or ".join(self._entry.provider.key_variables) or "the key"
        page = f" Keys are had at {self._entry.provider.page}." if self._entry.provider.page else ""
        return AuthenticationFailed(f"{self} refused the key.", remedy=f"Check {variables}.{page}")

    def _unknown(self) -> UnknownModel:
        return UnknownModel(
            f"{self} does not have that model, or nothing is served at that URL.",
            remedy=f"`makery models test {self._entry.name}` shows what it offers.",
        )

    def _no_credit(self, body: str) -> ProviderError:
        return ProviderError(
            f"The account at {self} has no credit or quota left: {self._excerpt(body)}.",
            remedy=f"Top it up at {self._entry.provider.page or 'the provider'}, or use another --model.",
        )

    def _limited(self, code: int, retry_after: float | None) -> RateLimited:
        said = f" for {retry_after:g} s" if retry_after is not None else ""
        return RateLimited(
            f"{self} asks to slow down{said} (HTTP {code}).",
            retry_after=retry_after,
            remedy="Wait, or use another --model.",
        )

    def _needed(self) -> int:
        if self._request is None:
            return self._entry.context + 1
        texts = (self._request.system, *(turn.text for turn in self._request.turns))
        return sum(map(estimate, texts)) + self._request.max_tokens

    def _excerpt(self, text: str) -> str:
        # Providers echo requests, and with them keys.
        key = self._endpoint.key.get_secret_value()
        clean = " ".join((text.replace(key, "…") if len(key) > 3 else text).split())
        return (clean[:_EXCERPT] + "…") if len(clean) > _EXCERPT else clean.rstrip(".") or "nothing was said"


def _innermost(error: BaseException) -> str:
    """What the lowest layer said: the libraries above it only say that something failed."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
