"""The gateway around the model: context, money, retries, repetition, documents, cache."""

import asyncio
from typing import ClassVar

import pytest
from llm_bench import QUICK, call_of, entry_of
from llm_standin import Answer, Fault
from pydantic import SecretStr

from makery.kernel.budget import Limits, Spent
from makery.kernel.completion import Usage
from makery.kernel.errors import (
    AuthenticationFailed,
    ContextOverflow,
    LimitReached,
    MalformedOutput,
    ModelUnavailable,
    PriceUnknown,
    ProviderUnavailable,
    RateLimited,
    Repetition,
)
from makery.llm.cache import MemoryCache
from makery.llm.endpoint import Endpoint
from makery.llm.retry import CallPolicy

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
LOOP = "intro line\n" + "the same sentence again and again\n" * 300


# ------------------------------------------------------------------------- accounting


async def test_a_call_is_reported_with_its_cost_and_owner(bench):
    made = await bench()
    completion = await made.gateway.complete(call_of())
    usd = (17 * 2.0 + 4 * 0.5 + 7 * 10.0) / 1e6
    assert completion.usd == pytest.approx(usd)
    assert made.budget.spent == Spent(usage=completion.usage, usd=completion.usd, calls=1)
    (event,) = made.called
    assert event.purpose.role == "engineer" and event.template == "write_code"
    assert (event.usd, event.source, event.attempts) == (completion.usd, "model", 1)


async def test_usage_is_estimated_when_the_provider_does_not_say(bench):
    made = await bench(script=[Answer("some words here", with_usage=False)])
    completion = await made.gateway.complete(call_of())
    assert completion.usage.completion_tokens > 0 and completion.usd > 0


async def test_a_call_that_the_budget_does_not_allow_is_never_sent(bench):
    made = await bench(limits=Limits(tokens=50))
    with pytest.raises(LimitReached):
        await made.gateway.complete(call_of())
    assert made.standin.calls == []


async def test_money_is_reserved_for_the_worst_case_before_the_call(bench):
    made = await bench(limits=Limits(usd=0.0006))
    with pytest.raises(LimitReached, match="max-usd"):
        await made.gateway.complete(call_of())
    assert made.standin.calls == []


async def test_a_model_without_a_price_stops_and_asks(bench):
    made = await bench(entry={"price": None})
    with pytest.raises(PriceUnknown, match="allow-unknown-price"):
        await made.gateway.complete(call_of())
    assert made.standin.calls == []


async def test_an_unknown_price_can_be_waived(bench):
    made = await bench(entry={"price": None}, allow_unknown_price=True)
    assert (await made.gateway.complete(call_of())).usd == 0.0


async def test_the_runs_time_limit_ends_a_call_under_way(bench):
    made = await bench(script=[Fault("hang")], limits=Limits(seconds=0.3))
    with pytest.raises(LimitReached, match="max-minutes"):
        await made.gateway.complete(call_of())


async def test_a_failed_connection_costs_nothing(bench):
    made = await bench(script=[Fault("status", 500)])
    with pytest.raises(ProviderUnavailable):
        await made.gateway.complete(call_of())
    assert made.budget.spent == Spent()
    made.budget.reserve(10**9, 0.0)  # nothing is held back any more


async def test_a_cancelled_call_releases_its_reservation_and_its_slot(bench):
    made = await bench(script=[Fault("hang"), Answer()], entry={"provider": {"concurrency": 1}})
    task = asyncio.create_task(made.gateway.complete(call_of()))
    await made.standin.got(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made.budget.spent == Spent()
    assert (await made.gateway.complete(call_of())).text == "Hello there"


# ---------------------------------------------------------------------------- context


async def test_a_prompt_that_does_not_fit_is_refused_with_both_numbers_and_never_cut(bench):
    made = await bench(entry={"context": 300})
    with pytest.raises(ContextOverflow) as caught:
        await made.gateway.complete(call_of("word " * 400))
    assert caught.value.needed > caught.value.available == 300
    assert made.standin.calls == []


async def test_the_cap_on_the_answer_is_lowered_aloud_when_only_that_fits(bench):
    made = await bench(entry={"context": 1000})
    await made.gateway.complete(call_of("word " * 400, max_tokens=900))
    assert made.standin.calls[0].body["max_tokens"] < 600
    assert "max_tokens 900" in made.retried[0].change


async def test_a_models_own_output_limit_lowers_the_cap(bench):
    made = await bench(entry={"max_output": 300})
    await made.gateway.complete(call_of(max_tokens=1000))
    assert made.standin.calls[0].body["max_tokens"] == 300


# ---------------------------------------------------------------------------- retries


async def test_failures_are_retried_with_growing_jittered_waits(bench):
    made = await bench(script=[Fault("status", 500), Fault("cut"), Answer("done")])
    completion = await made.gateway.complete(call_of())
    assert (completion.text, completion.attempts) == ("done", 3)
    first, second = made.slept
    assert 0.5 <= first <= 1.0 and 1.0 <= second <= 2.0
    assert len(made.retried) == 2


async def test_retry_after_is_honoured(bench):
    made = await bench(script=[Fault("status", 429, {"Retry-After": "17"}), Answer()])
    await made.gateway.complete(call_of())
    assert made.slept == [17.0]


async def test_a_wait_beyond_patience_is_told_instead_of_slept(bench):
    made = await bench(script=[Fault("status", 429, {"Retry-After": "3600"}), Answer()])
    with pytest.raises(RateLimited) as caught:
        await made.gateway.complete(call_of())
    assert caught.value.retry_after == 3600 and made.slept == []


async def test_retries_end(bench):
    made = await bench(script=[Fault("status", 503)])
    with pytest.raises(ProviderUnavailable):
        await made.gateway.complete(call_of())
    assert len(made.standin.calls) == QUICK.attempts


async def test_a_wrong_key_is_not_retried(bench):
    made = await bench(key="sk-wrong")
    with pytest.raises(AuthenticationFailed):
        await made.gateway.complete(call_of())
    assert made.slept == []


async def test_each_request_asks_anew_where_the_model_answers(bench):
    """An embedded engine that was killed mid-answer comes back at another port."""
    first = await bench(script=[Fault("cut")])
    second = await bench(script=[Answer("back again")])

    class Moving:
        places: ClassVar = [first, second]

        async def endpoint(self, model: str) -> Endpoint:
            return Endpoint(base_url=self.places.pop(0).standin.url, key=SecretStr("sk-right-key-0123456789"))

    made = await bench(endpoints=Moving())
    assert (await made.gateway.complete(call_of())).text == "back again"


async def test_an_engine_that_cannot_be_had_is_not_retried(bench):
    class Missing:
        asked = 0

        async def endpoint(self, model: str) -> Endpoint:
            self.asked += 1
            raise ModelUnavailable("no weights", remedy="makery models pull")

    missing = Missing()
    made = await bench(endpoints=missing)
    with pytest.raises(ModelUnavailable):
        await made.gateway.complete(call_of())
    assert missing.asked == 1


async def test_no_more_requests_are_under_way_than_the_provider_takes(bench):
    made = await bench(script=[Fault("hang")], entry={"provider": {"concurrency": 2}})
    tasks = [asyncio.create_task(made.gateway.complete(call_of(sample=n))) for n in range(5)]
    await made.standin.got(2)
    assert made.connection.slots.locked()
    assert len(made.standin.calls) == 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# ------------------------------------------------------------------------- repetition


async def test_a_repeating_stream_is_cut_and_asked_again_differently(bench):
    made = await bench(script=[Answer(LOOP), Answer("fine now")])
    completion = await made.gateway.complete(call_of())
    assert (completion.text, completion.finish, completion.attempts) == ("fine now", "stop", 2)
    first, second = (asked.body for asked in made.standin.calls)
    assert second["temperature"] > first["temperature"] and second["seed"] != first["seed"]
    assert "temperature" in made.retried[0].change
    assert len(made.streamed) < len(LOOP)


async def test_an_endless_repeater_gives_what_came_before_the_loop(bench):
    made = await bench(script=[Answer(LOOP)])
    completion = await made.gateway.complete(call_of())
    assert completion.finish == "repetition"
    assert completion.text.startswith("intro line\n") and len(completion.text) < 80
    bodies = [(asked.body["temperature"], asked.body["seed"]) for asked in made.standin.calls]
    assert len(set(bodies)) == len(bodies) == 3, "never the same request again"


async def test_a_repeated_document_is_an_error(bench):
    made = await bench(script=[Answer('{"n": "' + LOOP)])
    with pytest.raises(Repetition):
        await made.gateway.complete(call_of(output_schema=SCHEMA))


async def test_an_empty_answer_is_asked_again_differently(bench):
    made = await bench(script=[Answer(""), Answer("words")])
    assert (await made.gateway.complete(call_of())).text == "words"
    assert made.standin.calls[0].body["seed"] != made.standin.calls[1].body["seed"]


# -------------------------------------------------------------------------- documents


async def test_a_bad_document_is_shown_its_error_once(bench):
    made = await bench(script=[Answer('{"m": 1}'), Answer('```json\n{"n": 1}\n```')])
    completion = await made.gateway.complete(call_of(output_schema=SCHEMA))
    assert completion.text == '{"n": 1}'
    system, user, answer, repair = made.standin.calls[1].body["messages"]
    assert answer == {"role": "assistant", "content": '{"m": 1}'}
    assert "lacks the required key 'n'" in repair["content"]
    assert (system, user) == tuple(made.standin.calls[0].body["messages"]), "the prefix stays cached"


async def test_a_document_that_stays_bad_is_malformed(bench):
    made = await bench(script=[Answer('{"n": "one"}')])
    with pytest.raises(MalformedOutput, match="integer") as caught:
        await made.gateway.complete(call_of(output_schema=SCHEMA))
    assert caught.value.text == '{"n": "one"}'
    assert len(made.standin.calls) == 2


async def test_a_failed_call_still_reports_what_it_cost(bench):
    made = await bench(script=[Answer("no json")])
    with pytest.raises(MalformedOutput):
        await made.gateway.complete(call_of(output_schema=SCHEMA))
    (event,) = made.called
    assert event.finish == "MalformedOutput" and event.attempts == 2
    assert event.usage == Usage(prompt_tokens=42, completion_tokens=14, cached_tokens=8)


async def test_a_document_cut_at_the_cap_is_asked_to_be_shorter(bench):
    made = await bench(script=[Answer('{"n": 1, "x": "lo', finish="length"), Answer('{"n": 1}')])
    await made.gateway.complete(call_of(output_schema=SCHEMA))
    assert "much shorter" in made.standin.calls[1].body["messages"][-1]["content"]


# ------------------------------------------------------------------------------ cache


async def test_equal_calls_are_paid_once(bench):
    made = await bench(cache=MemoryCache(), limits=Limits(calls=1))
    first = await made.gateway.complete(call_of())
    again = await made.gateway.complete(call_of(purpose={"run": "r2", "role": "qa_engineer"}))
    assert (again.text, again.source, again.usd) == (first.text, "cache", 0.0)
    assert again.usage == first.usage and len(made.standin.calls) == 1
    assert made.budget.spent.calls == 1
    assert made.called[1].source == "cache" and made.called[1].usage == first.usage


async def test_another_sample_is_another_call(bench):
    made = await bench(cache=MemoryCache())
    await made.gateway.complete(call_of())
    await made.gateway.complete(call_of(sample=1))
    assert len(made.standin.calls) == 2


async def test_a_cut_answer_is_not_cached(bench):
    cache = MemoryCache()
    made = await bench(script=[Answer(LOOP)], cache=cache)
    await made.gateway.complete(call_of())
    made.standin.script = [Answer("fine")]
    assert (await made.gateway.complete(call_of())).text == "fine"


@pytest.mark.parametrize(("local", "first", "idle"), [(True, 900.0, 180.0), (False, 120.0, 120.0)])
def test_a_hosted_model_is_waited_for_less_long_than_one_on_this_machine(local, first, idle):
    usual = CallPolicy.usual(entry_of("openai", provider={"local": local}))
    assert (usual.first_token_seconds, usual.idle_seconds, usual.attempts) == (first, idle, 5)
