"""The relay's service: whose key may ask for what, within which quota, and what was used."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from makery.app.access import Principal
from makery.app.refusals import Forbidden, QuotaReached, TooMany
from makery.app.relay_asked import Operation, answer_tokens, bounded, parsed, upstreams_of, with_usage
from makery.app.relayed import Relayed, Stream
from makery.app.settings import RelaySettings
from makery.kernel.errors import MakeryError, SettingsError
from makery.relay.answers import AnswerCache, key_of
from makery.relay.counting import StreamCount, Used, estimated_prompt, used_of
from makery.relay.exchange import Exchange, Timing, Whole
from makery.relay.upstream import Health, Pool, Upstream
from makery.store.relay_usage import RelayUsage, RelayUse

WRITE_SECONDS = 0.5
"""How long a counted call may wait to be written together with others."""
FRESH_SECONDS = 10.0
"""After so long a key's counts are read again: another process may have added to them."""

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
        self.cache = AnswerCache(
            seconds=settings.cache_minutes * 60, most=settings.cache_mib << 20, clock=clock
        )
        self._accounts: dict[str, _Account] = {}
        self._unwritten: list[tuple[_Account, RelayUse]] = []
        self._writer: asyncio.Task[None] | None = None

    async def ask(self, who: Principal, operation: Operation, body: bytes, *, fresh: bool = False) -> Relayed:
        """The answer to a request in OpenAI's format; with `fresh` never one that was kept.

        Raises:
            InputError: it is not in that format.
            Forbidden: the key may not use that model.
            QuotaReached: the key's quota does not leave that much.
            ProviderError: no account could answer.
            SettingsError: there are no accounts.
        """
        who.require("relay")
        if not self.ready:
            raise SettingsError(
                "The relay has no accounts.",
                remedy="The server's operator adds one: [relay.upstreams.first] in the settings.",
            )
        asked = parsed(body)
        model = asked["model"]
        self._check_model(who, model)
        if who.quota.tokens is not None or who.quota.usd is not None:
            asked, body = bounded(operation, asked, body)
        question = key_of(who.organisation, operation, asked) if self.cache.on else ""
        kept = self.cache.find(question) if question and not fresh else None
        if kept is not None:
            self._count(who, model, Used(0, 0), 0.0)
            return Relayed(200, kept.kind, kept.body, cached=True)
        held = await self._hold(who, operation, asked, body)
        sent, keep_usage = with_usage(operation, asked, body)
        try:
            answer = await self._exchange.ask(operation, model, sent, priced=who.quota.usd is not None)
        except BaseException:
            self._release(held)
            raise
        if isinstance(answer, Whole):
            if answer.status == 200 and question:
                self.cache.keep(question, answer.kind, answer.body)
            return self._whole(who, model, held, answer, body)
        count = StreamCount(keep_usage=keep_usage)

        def settle(said: Used | None) -> None:
            used = said or Used(estimated_prompt(body), count.pieces)
            self._settle(who, model, held, answer.upstream, used)

        keep = partial(self.cache.keep, question, answer.kind) if question else None
        return Relayed(200, answer.kind, stream=Stream(answer, count, settle, keep))

    @property
    def ready(self) -> bool:
        """Whether it has an account."""
        return bool(self.pool.upstreams)

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

    async def _hold(self, who: Principal, operation: Operation, asked: dict[str, Any], body: bytes) -> _Held:
        """Set aside the most that a call can use."""
        account = self._accounts.setdefault(who.key, _Account())
        if account.open >= self._at_once:
            raise TooMany(f"{account.open} calls of this key are under way.", remedy="Wait for one to end.")
        tokens, usd = self._most(who, operation, asked, body)
        if who.quota.tokens is not None or who.quota.usd is not None:
            await self._refresh(who.key, account)
        _refuse(who.quota.tokens, account.tokens + account.held_tokens + tokens, "tokens")
        _refuse(who.quota.usd, account.usd + account.held_usd + usd, "US dollars")
        account.held_tokens += tokens
        account.held_usd += usd
        account.open += 1
        return _Held(account, tokens, usd)

    def _most(
        self, who: Principal, operation: Operation, asked: dict[str, Any], body: bytes
    ) -> tuple[int, float]:
        prompt = estimated_prompt(body)
        answer = answer_tokens(operation, asked)
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
        self._count(who, model, used, upstream.usd(used.prompt, used.completion))

    def _count(self, who: Principal, model: str, used: Used, usd: float) -> None:
        account = self._accounts.setdefault(who.key, _Account())
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


def _refuse(quota: float | None, wanted: float, unit: str) -> None:
    if quota is not None and wanted > quota:
        raise QuotaReached(
            f"The key's quota of {quota:g} {unit} does not leave as much as this call may use.",
            remedy="Ask for a shorter answer (max_tokens), or for a key with a larger quota.",
        )
