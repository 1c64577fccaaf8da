"""Each wire format against a faithful stand-in: what is sent, what comes back, and every way it can fail."""

import socket

import pytest
from llm_bench import WIRES, call_of
from llm_standin import KEY, MODEL, Answer, Fault, StandIn
from pydantic import SecretStr

from makery.kernel.completion import Usage
from makery.kernel.errors import (
    AuthenticationFailed,
    ContextOverflow,
    MakeryError,
    MalformedOutput,
    ProviderError,
    ProviderGarbage,
    ProviderUnavailable,
    RateLimited,
    UnknownModel,
)
from makery.llm.answer_form import wire_request
from makery.llm.catalogue import load_catalogue
from makery.llm.connect import dialect_of
from makery.llm.endpoint import Endpoint
from makery.llm.retry import CallPolicy

ONCE = CallPolicy(attempts=1, changes=0, first_token_seconds=5, idle_seconds=5)
IMPATIENT = CallPolicy(attempts=1, changes=0, first_token_seconds=0.2, idle_seconds=0.2)
SCHEMA = {
    "title": "Greeting",
    "type": "object",
    "properties": {"words": {"type": "string"}},
    "required": ["words"],
    "additionalProperties": False,
}
every_wire = pytest.mark.parametrize("wire", WIRES)


async def failure(made, **call) -> MakeryError:
    with pytest.raises(MakeryError) as caught:
        await made.gateway.complete(call_of(**call))
    return caught.value


@every_wire
async def test_an_answer_arrives_whole_with_its_token_counts(bench, wire):
    made = await bench(wire, script=[Answer("Grüße, 世界\n  and a line", cached_tokens=4)])
    completion = await made.gateway.complete(call_of())
    assert completion.text == "Grüße, 世界\n  and a line"
    assert completion.finish == "stop"
    cached = 0 if wire == "replicate" else 4
    assert completion.usage == Usage(prompt_tokens=21, completion_tokens=7, cached_tokens=cached)
    assert made.streamed == completion.text


@every_wire
async def test_an_answer_at_the_cap_says_that_it_was_cut(bench, wire):
    answer = Answer("one two", finish="length", completion_tokens=64)
    completion = await (await bench(wire, script=[answer])).gateway.complete(call_of())
    assert completion.finish == "length" and completion.cut


@every_wire
async def test_a_wrong_key_is_told_with_its_variable_and_never_shown(bench, wire):
    made = await bench(wire, key="sk-wrong-key-9876543210")
    error = await failure(made)
    assert isinstance(error, AuthenticationFailed)
    assert "STANDIN_API_KEY" in str(error)
    assert "sk-wrong-key" not in str(error)
    assert len(made.standin.calls) == 1


@every_wire
async def test_a_model_that_is_not_there_is_told_at_once(bench, wire):
    made = await bench(wire, entry={"model": "nonsense/x" if wire == "replicate" else "nonsense"})
    assert isinstance(await failure(made), UnknownModel)
    assert len(made.standin.calls) == 1


@every_wire
@pytest.mark.parametrize(("headers", "asked"), [({"Retry-After": "7"}, 7.0), ({}, None)])
async def test_a_rate_limit_carries_the_wait_that_was_asked_for(bench, wire, headers, asked):
    made = await bench(wire, script=[Fault("status", 429, headers)], policy=ONCE)
    error = await failure(made)
    assert isinstance(error, RateLimited)
    assert error.retry_after == asked


@every_wire
@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_error_is_an_unavailable_provider(bench, wire, status):
    made = await bench(wire, script=[Fault("status", status)], policy=ONCE)
    assert isinstance(await failure(made), ProviderUnavailable)
    assert len(made.standin.calls) == 1


@every_wire
async def test_a_rejected_request_is_not_sent_again(bench, wire):
    made = await bench(wire, script=[Fault("status", 400)])
    error = await failure(made)
    assert type(error) is ProviderError and "it broke" in str(error)
    assert len(made.standin.calls) == 1


@every_wire
async def test_an_account_without_credit_is_told_as_such(bench, wire):
    made = await bench(wire, script=[Fault("status", 402)])
    assert "no credit" in str(await failure(made))


@every_wire
@pytest.mark.parametrize("kind", ["hang", "hang_midway"])
async def test_a_hanging_endpoint_is_left_after_the_time_out(bench, wire, kind):
    made = await bench(wire, script=[Fault(kind)], policy=IMPATIENT)
    error = await failure(made)
    assert isinstance(error, ProviderUnavailable)
    assert "in time" in str(error)


@every_wire
@pytest.mark.parametrize("kind", ["html", "nothing"])
async def test_garbage_is_told_with_the_url_to_check(bench, wire, kind):
    made = await bench(wire, script=[Fault(kind)], policy=ONCE)
    error = await failure(made)
    assert isinstance(error, ProviderGarbage | ProviderUnavailable)
    assert made.standin.url in str(error)


@pytest.mark.parametrize("wire", ["openai", "anthropic", "google", "azure"])
async def test_half_a_json_is_garbage(bench, wire):
    made = await bench(wire, script=[Fault("half_json")], policy=ONCE)
    assert isinstance(await failure(made), ProviderGarbage)


@every_wire
async def test_a_stream_that_breaks_off_is_never_taken_for_an_answer(bench, wire):
    made = await bench(wire, script=[Fault("cut")], policy=ONCE)
    assert isinstance(await failure(made), ProviderUnavailable)


@every_wire
async def test_an_empty_answer_is_malformed(bench, wire):
    made = await bench(wire, script=[Fault("empty")], policy=ONCE)
    assert isinstance(await failure(made), MalformedOutput)


@every_wire
async def test_a_refused_connection_is_an_unavailable_provider(bench, wire):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    made = await bench(wire, url=url, policy=ONCE)
    error = await failure(made)
    assert isinstance(error, ProviderUnavailable)
    assert url in str(error)


@pytest.mark.parametrize("wire", ["openai", "azure"])
async def test_a_prompt_that_the_endpoint_finds_too_long_is_an_overflow(bench, wire):
    body = (
        '{"error": {"message": "This model\'s maximum context length is 8192 tokens.", '
        '"type": "invalid_request_error", "code": "context_length_exceeded"}}'
    )
    made = await bench(wire, script=[Fault("status", 400, body=body)])
    error = await failure(made)
    assert isinstance(error, ContextOverflow)
    assert error.needed > error.available > 0


async def test_openai_gets_schema_seed_cap_stop_and_temperature(bench):
    made = await bench("openai", script=['{"words": "hi"}'])
    call = call_of(output_schema=SCHEMA, seed=5, sample=2, stop=("END",), temperature=0.3)
    completion = await made.gateway.complete(call)
    body = made.standin.calls[0].body
    assert completion.text == '{"words": "hi"}'
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["words"]
    assert (body["seed"], body["temperature"], body["stop"]) == (7, 0.3, ["END"])
    assert body["max_tokens"] == 64
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


async def test_a_compatible_server_gets_the_schema_untouched(bench):
    bounded = {**SCHEMA, "properties": {"words": {"type": "string", "minLength": 1, "maxLength": 9}}}
    made = await bench("openai", entry={"provider": {"name": "llamacpp"}}, script=['{"words": "hi"}'])
    await made.gateway.complete(call_of(output_schema=bounded))
    assert made.standin.calls[0].body["response_format"]["json_schema"]["schema"] == bounded


async def test_a_provider_that_refuses_fields_is_not_sent_them(bench):
    provider = {"name": "spark", "omit": ("seed", "stream_options"), "min_temperature": 0.01}
    made = await bench("openai", entry={"provider": provider})
    completion = await made.gateway.complete(call_of())
    body = made.standin.calls[0].body
    assert "seed" not in body and "stream_options" not in body
    assert body["temperature"] == 0.01
    assert completion.usage.total > 0, "estimated, where the provider does not say"


@pytest.mark.parametrize(("wire", "place"), [("anthropic", "output_config"), ("google", "generationConfig")])
async def test_schemas_go_out_natively(bench, wire, place):
    made = await bench(wire, script=['{"words": "hi"}'], entry={"model": MODEL})
    completion = await made.gateway.complete(call_of(output_schema=SCHEMA))
    assert completion.text == '{"words": "hi"}'
    assert "words" in str(made.standin.calls[0].body[place])


async def test_without_native_schemas_the_prompt_asks_for_the_form(bench):
    made = await bench("replicate", script=['Here you are:\n```json\n{"words": "hi"}\n```'])
    completion = await made.gateway.complete(call_of(output_schema=SCHEMA))
    assert completion.text == '{"words": "hi"}'
    assert '"required":["words"]' in made.standin.calls[0].body["input"]["system_prompt"]


async def test_json_mode_is_used_where_there_are_no_schemas(bench):
    provider = {"name": "deepseek", "structure": "json"}
    made = await bench("openai", entry={"provider": provider}, script=['{"words": "hi"}'])
    await made.gateway.complete(call_of(output_schema=SCHEMA))
    body = made.standin.calls[0].body
    assert body["response_format"] == {"type": "json_object"}
    assert '"required":["words"]' in body["messages"][0]["content"]


async def test_azure_answers_under_its_older_urls_too(bench):
    made = await bench("azure")
    older = made.standin.url.removesuffix("/openai/v1")
    made = await bench("azure", url=older)
    completion = await made.gateway.complete(call_of())
    assert completion.text == "Hello there"


async def test_the_key_goes_out_in_the_header_each_format_wants(bench):
    wanted = {"google": "x-goog-api-key"}
    for wire in WIRES:
        made = await bench(wire)
        await made.gateway.complete(call_of())
        sent = made.standin.calls[0].headers[wanted.get(wire, "authorization")]
        assert sent.removeprefix("Bearer ") == KEY


async def test_tokens_from_llama_cpps_prompt_cache_are_counted(bench):
    made = await bench("openai", entry={"provider": {"name": "embedded"}}, script=[Answer("x", timings=True)])
    assert (await made.gateway.complete(call_of())).usage.cached_tokens == 4


@pytest.mark.parametrize(("wire", "model"), [("openai", "gpt-5-mini"), ("anthropic", "claude-opus-5-5")])
async def test_models_that_refuse_a_temperature_are_not_sent_one(bench, wire, model):
    made = await bench(wire, entry={"model": model})
    made.standin.model = model
    await made.gateway.complete(call_of())
    assert "temperature" not in made.standin.calls[0].body
    if wire == "openai":
        assert made.standin.calls[0].body["reasoning_effort"] == "minimal", "a short cap is for the answer"


@pytest.mark.parametrize("entry", load_catalogue().models, ids=lambda entry: entry.name)
async def test_every_listed_model_gives_a_document_to_its_own_format(entry):
    async with StandIn(entry.provider.wire).serve() as standin:
        standin.model, standin.script = entry.model, ['{"words": "hi"}']
        dialect = dialect_of(entry)
        request = wire_request(entry, call_of(output_schema=SCHEMA))
        endpoint = Endpoint(base_url=standin.url, key=SecretStr(KEY))
        pieces = [piece async for piece in dialect.stream(request, endpoint)]
        await dialect.aclose()
    assert "".join(piece.text for piece in pieces[:-1]) == '{"words": "hi"}'
    assert pieces[-1].finish == "stop"
