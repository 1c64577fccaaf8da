"""Tries a model out and says in a sentence whether it works, or what is wrong: `makery models test NAME`."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from difflib import get_close_matches

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Prompt
from makery.kernel.errors import (
    EnvironmentFailure,
    MakeryError,
    MalformedOutput,
    ProviderError,
    ProviderUnavailable,
    UnknownModel,
    UserError,
)
from makery.llm.catalogue import Catalogue
from makery.llm.connect import connect
from makery.llm.connection import Connection
from makery.llm.credentials import Credentials
from makery.llm.dialects.wire import EndPiece, Request, TextPiece, Turn
from makery.llm.endpoint import Endpoint, EndpointSource
from makery.llm.offers import offered
from makery.llm.tokens import estimate
from makery.prompting import load

_MAX_TOKENS = 80
_SHOWN = 12


class ProbeResult(Frozen):
    """What came of trying a model out."""

    name: str
    works: bool
    sentence: str
    """For the user: that it works and how fast, or what is wrong and what to do."""
    exit_status: int = 0
    """The status that a run with this model would end with."""
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    answer: str = ""
    offered: tuple[str, ...] = ()
    """What the endpoint offers instead of an unknown model."""


class _Question(Frozen):
    """The template has no variables."""


async def probe(
    name: str,
    *,
    catalogue: Catalogue,
    credentials: Credentials,
    embedded: EndpointSource,
    seconds: float = 120.0,
    clock: Callable[[], float] = time.monotonic,
) -> ProbeResult:
    """Ask a model one short question. Failures are results, not errors.

    Args:
        name: As `Catalogue.find` takes it; '' for the default model.
        catalogue: The known models.
        credentials: The user's keys and URLs.
        embedded: Starts the embedded engine when it is needed.
        seconds: Most that the answer may take.
        clock: Seconds, for measuring.
    """
    try:
        connection = connect(name, catalogue=catalogue, credentials=credentials, embedded=embedded)
    except UserError as error:
        return _failed(name or catalogue.default, error)
    try:
        return await _try(connection, seconds, clock)
    finally:
        await connection.aclose()


async def _try(connection: Connection, seconds: float, clock: Callable[[], float]) -> ProbeResult:
    entry = connection.entry
    try:
        endpoint = await connection.endpoints.endpoint(entry.model)
    except EnvironmentFailure as error:
        return _failed(entry.name, error)
    try:
        return await _ask(connection, endpoint, seconds, clock)
    except UnknownModel as error:
        return await _unknown(connection, endpoint, error)
    except TimeoutError:
        late = ProviderUnavailable(f"{endpoint.base_url} did not answer within {seconds:g} s.")
        return _failed(entry.name, late)
    except (ProviderError, MalformedOutput) as error:
        return _failed(entry.name, error)


async def _ask(
    connection: Connection, endpoint: Endpoint, seconds: float, clock: Callable[[], float]
) -> ProbeResult:
    entry = connection.entry
    request = _request(entry.model, load(__file__).render(_Question()))
    started, first, text, counted = clock(), 0.0, "", 0
    async with asyncio.timeout(seconds), aclosing(connection.dialect.stream(request, endpoint)) as pieces:
        async for piece in pieces:
            if isinstance(piece, TextPiece):
                first = first or clock()
                text += piece.text
            elif isinstance(piece, EndPiece) and piece.usage is not None:
                counted = piece.usage.completion_tokens
    ended = clock()
    if not text.strip():
        raise MalformedOutput(f"{entry.name} answers, but with nothing.", remedy="Try another model.")
    tokens = counted or estimate(text)
    speed = tokens / max(ended - first, 1e-6)
    return ProbeResult(
        name=entry.name,
        works=True,
        sentence=(
            f"{entry.name} works: first words after {first - started:.1f} s, "
            f"{tokens} tokens in {ended - started:.1f} s ({speed:.1f} tokens/s)."
        ),
        first_token_seconds=first - started,
        seconds=ended - started,
        tokens_per_second=speed,
        answer=text.strip(),
    )


def _request(model: str, prompt: Prompt) -> Request:
    turns = (Turn(speaker="user", text=prompt.user),)
    return Request(model=model, system=prompt.system, turns=turns, max_tokens=_MAX_TOKENS, temperature=0.0)


async def _unknown(connection: Connection, endpoint: Endpoint, error: UnknownModel) -> ProbeResult:
    entry = connection.entry
    names = await offered(entry.provider, endpoint)
    if not names:
        return _failed(entry.name, error)
    close = get_close_matches(entry.model, names, n=3, cutoff=0.3)
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    sentence = f"{endpoint.base_url} does not offer {entry.model!r}.{hint} It offers {listed}."
    return ProbeResult(
        name=entry.name, works=False, sentence=sentence, exit_status=error.exit_status, offered=names
    )


def _failed(name: str, error: MakeryError) -> ProbeResult:
    return ProbeResult(name=name, works=False, sentence=str(error), exit_status=error.exit_status)
