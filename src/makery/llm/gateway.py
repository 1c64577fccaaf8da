"""The gateway: the kernel's `Models` port for one run."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random

from makery.kernel.budget import Budget, Reservation
from makery.kernel.completion import Completion, ModelCall, Usage
from makery.kernel.errors import (
    MakeryError,
    ModelError,
    PriceUnknown,
    ProviderError,
    ProviderUnavailable,
    Repetition,
)
from makery.kernel.events import ModelCalled, ModelRetried, TextStreamed
from makery.kernel.ports import EventSink
from makery.llm.answer_form import fitted, prompt_tokens, wire_request
from makery.llm.cache import CompletionCache
from makery.llm.cassette import Cassette
from makery.llm.connection import Connection
from makery.llm.dialects.wire import Request
from makery.llm.digest import digest
from makery.llm.heard import Heard
from makery.llm.retry import CallPolicy, RetryPlan
from makery.llm.tool_form import read_tool_form


@dataclass
class _Bill:
    """What one call has cost so far, all its requests together."""

    usage: Usage = field(default_factory=Usage)
    usd: float = 0.0
    seconds: float = 0.0
    attempts: int = 0


class Gateway:
    """Answers the calls of one run: from a recording, from the cache, or by its model, within the budget.

    Args:
        connection: The model; shared with other runs.
        budget: The run's.
        sink: Takes `TextStreamed`, `ModelRetried` and `ModelCalled`.
        cache: Asked before the model, and told of whole answers.
        cassette: Asked before the cache, and told of every outcome.
        policy: Retries, waits and time-outs of a call.
        allow_unknown_price: Call models without a known price, counting them as 0 USD.
        clock: Seconds, for measuring.
        sleep: Awaited between retries.
        random: For jitter.
    """

    def __init__(
        self,
        *,
        connection: Connection,
        budget: Budget,
        sink: EventSink,
        cache: CompletionCache | None = None,
        cassette: Cassette | None = None,
        policy: CallPolicy | None = None,
        allow_unknown_price: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Random | None = None,
    ) -> None:
        self._connection = connection
        self._entry = connection.entry
        self._budget = budget
        self._sink = sink
        self._cache = cache
        self._cassette = cassette
        self._policy = policy or CallPolicy.usual(connection.entry)
        self._allow_unknown_price = allow_unknown_price
        self._clock = clock
        self._sleep = sleep
        self._random = random or Random()  # noqa: S311 - jitter is no secret
        self._started = clock()

    @property
    def candidates(self) -> int:
        """How many independent answers should be asked for."""
        return self._entry.candidates

    @property
    def one_suite(self) -> bool:
        """Whether the model is asked for the checks of all clauses at once."""
        return self._entry.one_suite

    async def complete(self, call: ModelCall, /) -> Completion:
        """Answer one call within the run's budget.

        Raises:
            ModelError: no usable answer, retries included.
            ProviderError: the endpoint failed, retries included.
            ModelUnavailable: the embedded model cannot be had.
            LimitReached: the budget does not allow the call, or the model has no known price.
            UnrecordedCall: a replay does not hold it.
        """
        key = digest(self._entry.name, call)
        completion = self._remembered(key, call)
        if completion is None:
            async with self._connection.slots:
                completion = await self._asked(key, call)
        self._report(key, call, completion)
        return completion

    # ------------------------------------------------------------ without the model

    def _remembered(self, key: str, call: ModelCall) -> Completion | None:
        if self._cassette is not None:
            outcome = self._cassette.find(key, self._entry.name, call)
            if outcome is not None:
                self._budget.count_recorded()
            if isinstance(outcome, ModelError):
                raise outcome
            if outcome is not None:
                return outcome.model_copy(update={"source": "cassette", "usd": 0.0})
        cached = self._cache.get(key) if self._cache is not None else None
        if cached is None:
            return None
        if self._cassette is not None:
            self._cassette.keep(key, call, cached)
        return cached.model_copy(update={"source": "cache", "usd": 0.0})

    def _remember(self, key: str, call: ModelCall, outcome: Completion | ModelError) -> None:
        if self._cassette is not None:
            self._cassette.keep(key, call, outcome)
        if self._cache is None or isinstance(outcome, ModelError):
            return
        if outcome.finish != "repetition":
            self._cache.put(key, outcome)

    # --------------------------------------------------------------- with the model

    async def _asked(self, key: str, call: ModelCall) -> Completion:
        self._check_price()
        bill = _Bill()
        try:
            completion = await self._insist(call, bill)
        except Repetition as error:
            if call.output_schema is not None or call.tools:
                self._note_failure(key, call, bill, error)
                raise
            completion = self._completion(error.text, "repetition", bill)
        except MakeryError as error:
            self._note_failure(key, call, bill, error)
            raise
        self._remember(key, call, completion)
        return completion

    async def _insist(self, call: ModelCall, bill: _Bill) -> Completion:
        request = self._fitted(call)
        plan = RetryPlan(self._policy, self._random, self._fits)
        while True:
            try:
                heard = await self._listen(request, call, bill)
                text = heard.answer(request, self._entry.name)
                cut = heard.end is not None and heard.end.finish == "length"
                return self._said(call, request, heard, text, "length" if cut else "stop", bill)
            except (ModelError, ProviderError) as error:
                again = plan.after(error, request)
            self._tell_retry(call, again.reason, again.change)
            if again.wait:
                await self._sleep(again.wait)
            request = again.request

    def _said(
        self, call: ModelCall, request: Request, heard: Heard, text: str, finish: str, bill: _Bill
    ) -> Completion:
        calls = tuple(heard.calls)
        if call.tools and not request.tools:
            text, calls = read_tool_form(text)
        return self._completion(text, finish, bill).model_copy(update={"calls": calls})

    async def _listen(self, request: Request, call: ModelCall, bill: _Bill) -> Heard:
        endpoint = await self._connection.endpoints.endpoint(self._entry.model)
        reservation = self._reserve(request)
        heard = Heard(lambda text: self._sink(TextStreamed(purpose=call.purpose, text=text)))
        bill.attempts += 1
        started = self._clock()
        limit = asyncio.timeout(None)
        try:
            async with limit, aclosing(self._connection.dialect.stream(request, endpoint)) as pieces:
                keep_alive = self._watch(limit)
                keep_alive(self._policy.first_token_seconds)
                async for piece in pieces:
                    keep_alive(self._policy.idle_seconds)
                    if not heard.take(piece):
                        break
        except TimeoutError as error:
            raise self._timed_out(heard) from error
        finally:
            bill.seconds += self._clock() - started
            self._settle(reservation, heard.usage(request), bill)
        return heard

    def _watch(self, limit: asyncio.Timeout) -> Callable[[float], None]:
        loop = asyncio.get_running_loop()
        end = loop.time() + min(self._policy.seconds, self._seconds_left())

        def keep_alive(seconds: float) -> None:
            limit.reschedule(min(end, loop.time() + seconds))

        return keep_alive

    def _seconds_left(self) -> float:
        most = self._budget.limits.seconds
        return float("inf") if most is None else max(0.0, most - self._budget.spent.seconds - self._elapsed())

    def _elapsed(self) -> float:
        return self._clock() - self._started

    def _timed_out(self, heard: Heard) -> MakeryError:
        # The call may have ended because the run's own time is up; then that is what has to be said.
        self._budget.check_time(self._elapsed() + 0.05)
        idle = self._policy.idle_seconds if heard.text else self._policy.first_token_seconds
        return ProviderUnavailable(
            f"{self._entry.name} did not finish in time: nothing came for {idle:g} s, "
            f"or the answer took over {self._policy.seconds:g} s.",
            remedy="Is the endpoint overloaded? A smaller model may help; [patience] in the settings says "
            "how long is waited.",
        )

    # ------------------------------------------------------------- context and money

    def _fitted(self, call: ModelCall) -> Request:
        asked = wire_request(self._entry, call)
        request = fitted(self._entry, asked)
        if request.max_tokens != asked.max_tokens:
            change = f"max_tokens {asked.max_tokens} → {request.max_tokens}"
            self._tell_retry(call, "The prompt fits, but not with the whole cap on the answer.", change)
        return request

    def _fits(self, request: Request) -> bool:
        return prompt_tokens(request) + request.max_tokens <= self._entry.context

    def _check_price(self) -> None:
        if self._entry.price is None and not self._allow_unknown_price:
            raise PriceUnknown(
                f"The price of {self._entry.name} is not known, so its cost cannot be limited.",
                limit="--max-usd",
                remedy="Allow it with --allow-unknown-price, or choose a priced one: `makery models list`.",
            )

    def _usd(self, usage: Usage) -> float:
        return self._entry.price.usd(usage) if self._entry.price is not None else 0.0

    def _reserve(self, request: Request) -> Reservation:
        most = Usage(prompt_tokens=prompt_tokens(request), completion_tokens=request.max_tokens)
        return self._budget.reserve(most.total, self._usd(most), elapsed=self._elapsed())

    def _settle(self, reservation: Reservation, usage: Usage | None, bill: _Bill) -> None:
        if usage is None:
            self._budget.release(reservation)
            return
        usd = self._usd(usage)
        self._budget.settle(reservation, usage, usd)
        bill.usage += usage
        bill.usd += usd

    # ---------------------------------------------------------------------- telling

    def _completion(self, text: str, finish: str, bill: _Bill) -> Completion:
        return Completion.model_validate(
            {
                "text": text,
                "finish": finish,
                "model": self._entry.name,
                "usage": bill.usage,
                "usd": bill.usd,
                "seconds": bill.seconds,
                "attempts": bill.attempts,
            }
        )

    def _note_failure(self, key: str, call: ModelCall, bill: _Bill, error: MakeryError) -> None:
        if isinstance(error, ModelError):
            self._remember(key, call, error)
        if bill.usage.total:
            self._report(key, call, self._completion("", "stop", bill), finish=type(error).__name__)

    def _tell_retry(self, call: ModelCall, reason: str, change: str) -> None:
        self._sink(ModelRetried(purpose=call.purpose, reason=reason, change=change))

    def _report(self, key: str, call: ModelCall, completion: Completion, *, finish: str = "") -> None:
        self._sink(
            ModelCalled(
                purpose=call.purpose,
                model=completion.model,
                template=call.prompt.template,
                version=call.prompt.version,
                usage=completion.usage,
                usd=completion.usd,
                seconds=completion.seconds,
                finish=finish or completion.finish,
                attempts=completion.attempts,
                source=completion.source,
                digest=key,
            )
        )
