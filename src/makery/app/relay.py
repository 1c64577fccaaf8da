"""The relay's service: whose key may ask for what, within which quota, and what was used."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from makery.app.access import Principal
from makery.app.refusals import Forbidden, QuotaReached, TooMany
from makery.app.settings import RelaySettings
from makery.kernel.errors import InputError, MakeryError, SettingsError
from makery.relay.counting import StreamCount, Used, estimated_prompt, used_of
from makery.relay.exchange import Exchange, Flow, Timing, Whole
from makery.relay.upstream import Health, Pool, Upstream
from makery.store.relay_usage import RelayUsage, RelayUse

Operation = Literal["chat/completions", "embeddings", "responses"]

WRITE_SECONDS = 0.5
"""How long a counted call may wait to be written together with others."""
FRESH_SECONDS = 10.0
"""After so long a key's counts are read again: another process may have added to them."""
DEFAULT_ANSWER = 4096
"""Tokens set aside for an answer whose length the caller does not bound."""

_log = logging.getLogger("makery.relay")


@dataclass
class _Account:
    """What a key has used, and may be using at this moment."""

    tokens: int = 0
    usd: float = 0.0
    held_tokens: int = 0
    held_usd: float = 0.0
    open: int = 0
    """Calls under way."""
    pending: int = 0
    """Calls that are counted but not written."""
    read: float = float("-inf")


@dataclass(frozen=True)
class _Held:
    """What is set aside for one call."""

    account: _Account
    tokens: int
    usd: float


class Stream:
    """An answer that passes by and is counted. Close it, whether it was read or not.

    Args:
        answer: what the account sends.
        count: looks at it.
        settle: told at the end what was used.
    """

    def __init__(self, answer: Flow, count: StreamCount, settle: Callable[[Used | None], None]) -> None:
        self._answer = answer
        self._count = count
        self._settle: Callable[[Used | None], None] | None = settle

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes for the caller; if the account hangs up half way, an event says so."""
        try:
            yield self._count.passed(self._answer.first)
            async for piece in self._answer.rest:
                passed = self._count.passed(piece)
                if passed:
                    yield passed
            yield self._count.rest()
        except MakeryError as error:
            problem = {"error": {"message": str(error), "type": "upstream_error", "code": None}}
            yield f"data: {json.dumps(problem)}\n\n".encode()

    async def close(self) -> None:
        """Count what was used, and let the account go."""
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(self._count.used)
        await self._answer.close()


@dataclass(frozen=True)
class Relayed:
    """An answer on its way to the caller."""

    status: int
    kind: str
    body: bytes = b""
    stream: Stream | None = None


class Relay:
    """Passes requests on. Make it in the event loop that serves, and close it there.

    Within one process a quota is never exceeded: what a call may use is set aside before it is made. Several
    processes learn of each other's use with some seconds' delay.

    Args:
        settings: accounts and times.
        usage: where use is counted.
        clock: seconds.
    """

    def __init__(
        self,
        settings: RelaySettings,
        usage: RelayUsage,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._usage = usage
        self._clock = clock
        self.pool = Pool(upstreams_of(settings), cool_down=settings.cool_down_seconds)
        timing = Timing(settings.first_byte_seconds, settings.idle_seconds)
        self._exchange = Exchange(self.pool, timing)
        self._at_once = settings.calls_at_once
        self._accounts: dict[str, _Account] = {}
        self._unwritten: list[tuple[_Account, RelayUse]] = []
        self._writer: asyncio.Task[None] | None = None

    async def ask(self, who: Principal, operation: Operation, body: bytes) -> Relayed:
        """The answer to a request in OpenAI's format.

        Raises:
            InputError: it is not in that format.
            Forbidden: the key may not use that model.
            QuotaReached: the key's quota does not leave that much.
            ProviderError: no account could answer.
            SettingsError: there are no accounts.
        """
        who.require("relay")
        if not self.pool.upstreams:
            raise SettingsError(
                "The relay has no accounts.",
                remedy="The server's operator adds one: [relay.upstreams.first] in the settings.",
            )
        asked = _parsed(body)
        model = asked["model"]
        self._check_model(who, model)
        held = await self._hold(who, asked, body)
        sent, keep_usage = _with_usage(operation, asked, body)
        try:
            answer = await self._exchange.ask(operation, model, sent, priced=who.quota.usd is not None)
        except BaseException:
            self._release(held)
            raise
        if isinstance(answer, Whole):
            return self._whole(who, model, held, answer, body)
        count = StreamCount(keep_usage=keep_usage)

        def settle(said: Used | None) -> None:
            used = said or Used(estimated_prompt(body), count.pieces)
            self._settle(who, model, held, answer.upstream, used)

        return Relayed(200, answer.kind, stream=Stream(answer, count, settle))

    def models(self, who: Principal) -> tuple[str, ...]:
        """The models that a key may use."""
        who.require("relay")
        return tuple(model for model in self.pool.models() if not who.models or model in who.models)

    def health(self, who: Principal) -> tuple[Health, ...]:
        """How the accounts have done; for the server's operator."""
        who.require("operator")
        return self.pool.health()

    async def close(self) -> None:
        """Write what is counted, and close kept connections."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._write()
        await self._exchange.close()

    # ------------------------------------------------------------------------- answers

    def _whole(self, who: Principal, model: str, held: _Held, answer: Whole, body: bytes) -> Relayed:
        used = None
        if answer.status == 200:
            with contextlib.suppress(ValueError, AttributeError):
                used = used_of(json.loads(answer.body))
            used = used or Used(estimated_prompt(body), estimated_prompt(answer.body))
        self._settle(who, model, held, answer.upstream, used)
        return Relayed(answer.status, answer.kind, answer.body)

    # -------------------------------------------------------------------------- quotas

    def _check_model(self, who: Principal, model: str) -> None:
        if who.models and model not in who.models:
            raise Forbidden(
                f"This key may not use the model {model[:80]!r}.",
                remedy=f"It may use: {', '.join(who.models[:10])}.",
            )

    async def _hold(self, who: Principal, asked: dict[str, Any], body: bytes) -> _Held:
        """Set aside the most that a call can use."""
        account = self._accounts.setdefault(who.key, _Account())
        if account.open >= self._at_once:
            raise TooMany(f"{account.open} calls of this key are under way.", remedy="Wait for one to end.")
        tokens, usd = self._most(who, asked, body)
        if who.quota.tokens is not None or who.quota.usd is not None:
            await self._refresh(who.key, account)
        _refuse(who.quota.tokens, account.tokens + account.held_tokens + tokens, "tokens")
        _refuse(who.quota.usd, account.usd + account.held_usd + usd, "US dollars")
        account.held_tokens += tokens
        account.held_usd += usd
        account.open += 1
        return _Held(account, tokens, usd)

    def _most(self, who: Principal, asked: dict[str, Any], body: bytes) -> tuple[int, float]:
        prompt = estimated_prompt(body)
        answer = _answer_tokens(asked)
        if who.quota.usd is None:
            return prompt + answer, 0.0
        priced = [one for one in self.pool.upstreams if one.has(asked["model"]) and one.priced]
        if not priced:
            raise QuotaReached(
                f"The price of {asked['model'][:80]!r} is not known, and this key has a quota of money.",
                remedy="The server's operator can set the account's usd_per_million_in and _out.",
            )
        return prompt + answer, max(one.usd(prompt, answer) for one in priced)

    async def _refresh(self, key: str, account: _Account) -> None:
        if account.pending or self._clock() - account.read < FRESH_SECONDS:
            return
        account.read = self._clock()
        account.tokens, account.usd = await asyncio.to_thread(self._usage.spent, key)

    def _release(self, held: _Held) -> None:
        held.account.held_tokens -= held.tokens
        held.account.held_usd -= held.usd
        held.account.open -= 1

    def _settle(self, who: Principal, model: str, held: _Held, upstream: Upstream, used: Used | None) -> None:
        """Count what a call used in place of what was set aside; a refused call counts nothing."""
        self._release(held)
        if used is None:
            return
        usd = upstream.usd(used.prompt, used.completion)
        account = held.account
        account.tokens += used.prompt + used.completion
        account.usd += usd
        account.pending += 1
        use = RelayUse(
            key=who.key or "token",
            organisation=who.organisation,
            model=model[:200],
            day=datetime.now(UTC).date().isoformat(),
            prompt_tokens=used.prompt,
            completion_tokens=used.completion,
            usd=usd,
        )
        self._unwritten.append((account, use))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(WRITE_SECONDS)
        await self._write()

    async def _write(self) -> None:
        batch, self._unwritten = self._unwritten, []
        if not batch:
            return
        try:
            await asyncio.shield(asyncio.to_thread(self._usage.add, [use for _, use in batch]))
        except MakeryError as error:
            # Kept, and tried again with the next call: the account in memory bounds the key meanwhile.
            self._unwritten = [*batch, *self._unwritten]
            _log.warning("use of the relay could not be written: %s", error)
            return
        for account, _ in batch:
            account.pending -= 1


def upstreams_of(settings: RelaySettings) -> tuple[Upstream, ...]:
    """The accounts that the settings name.

    Raises:
        SettingsError: an address is none.
    """
    for name, given in settings.upstreams.items():
        if not given.base_url.startswith(("http://", "https://")):
            raise SettingsError(
                f"relay.upstreams.{name}.base_url is no address: {given.base_url!r}.",
                remedy="It begins with http:// or https:// and usually ends with /v1.",
            )
    return tuple(
        Upstream(
            name=name,
            base_url=given.base_url.rstrip("/"),
            key=given.api_key,
            weight=given.weight,
            models=given.models,
            usd_per_million_in=given.usd_per_million_in,
            usd_per_million_out=given.usd_per_million_out,
        )
        for name, given in settings.upstreams.items()
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The request is no JSON: {error}.", remedy="Send an object.") from None
    model = asked.get("model") if isinstance(asked, dict) else None
    if not isinstance(model, str) or not model or len(model) > 200:
        raise InputError("The request names no model.", remedy='Send {"model": "…", …}.')
    return asked


def _with_usage(operation: Operation, asked: dict[str, Any], body: bytes) -> tuple[bytes, bool]:
    """The request with a wish for a stream's usage, and whether the caller wished that too."""
    if operation != "chat/completions" or asked.get("stream") is not True:
        return body, True
    options = asked.get("stream_options")
    options = options if isinstance(options, dict) else {}
    if options.get("include_usage") is True:
        return body, True
    wished = {**asked, "stream_options": {**options, "include_usage": True}}
    return json.dumps(wished, ensure_ascii=False).encode("utf-8", "surrogatepass"), False


def _answer_tokens(asked: dict[str, Any]) -> int:
    if "messages" not in asked and "max_output_tokens" not in asked and "prompt" not in asked:
        return 0  # embeddings answer with numbers
    named = (asked.get(name) for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"))
    most = next((value for value in named if isinstance(value, int) and value > 0), DEFAULT_ANSWER)
    several = asked.get("n", 1)
    return most * (several if isinstance(several, int) and several > 0 else 1)


def _refuse(quota: float | None, wanted: float, unit: str) -> None:
    if quota is not None and wanted > quota:
        raise QuotaReached(
            f"The key's quota of {quota:g} {unit} does not leave as much as this call may use.",
            remedy="Ask for a shorter answer (max_tokens), or for a key with a larger quota.",
        )
