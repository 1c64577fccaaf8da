"""Tool calls: the wire format's own where the provider has them, a JSON form by grammar where not."""

import json

import pytest
from llm_bench import call_of
from llm_standin import Answer

from makery.kernel.errors import MalformedOutput
from makery.kernel.tool import ToolCall, ToolSpec
from makery.llm.cache import MemoryCache
from makery.llm.catalogue import load_catalogue
from makery.llm.digest import digest
from makery.llm.schema import violation
from makery.llm.tool_form import read_tool_form, tool_schema

ADD = ToolSpec(
    name="add",
    description="Add two numbers.",
    parameters={
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": "number", "default": 1}},
        "required": ["a"],
        "additionalProperties": False,
    },
)
NOW = ToolSpec(name="now", description="Tell the time.", parameters={"type": "object", "properties": {}})
NATIVE = {"provider": {"tools": "native"}}
BOTH = (("add", '{"a": 2, "b": 3}'), ("now", "{}"))
WANTED = (
    ToolCall(id="c1", tool="add", arguments={"a": 2, "b": 3}),
    ToolCall(id="c2", tool="now", arguments={}),
)


@pytest.mark.parametrize("wire", ["openai", "anthropic", "google"])
async def test_native_calls_arrive_whole_and_several_at_once(bench, wire):
    made = await bench(wire, entry=NATIVE, script=[Answer("", calls=BOTH)])
    completion = await made.gateway.complete(call_of(tools=(ADD, NOW)))
    assert [(call.tool, call.arguments) for call in completion.calls] == [
        (call.tool, call.arguments) for call in WANTED
    ]
    assert len({call.id for call in completion.calls}) == 2
    assert "Add two numbers." in json.dumps(made.standin.calls[0].body["tools"])


async def test_a_native_model_may_answer_instead(bench):
    made = await bench(entry=NATIVE, script=[Answer("It is five.")])
    completion = await made.gateway.complete(call_of(tools=(ADD,)))
    assert (completion.text, completion.calls) == ("It is five.", ())


async def test_unreadable_native_arguments_reach_the_tool_as_such(bench):
    made = await bench(entry=NATIVE, script=[Answer("", calls=(("add", '{"a": 2'),))])
    completion = await made.gateway.complete(call_of(tools=(ADD,)))
    assert completion.calls[0].arguments == {"unreadable": '{"a": 2'}


async def test_without_native_calls_a_form_is_asked_for_by_schema(bench):
    form = {"thought": "both", "calls": [{"tool": c.tool, "arguments": c.arguments} for c in WANTED]}
    made = await bench(script=[Answer(json.dumps(form))])
    completion = await made.gateway.complete(call_of(tools=(ADD, NOW)))

    body = made.standin.calls[0].body
    assert (completion.text, completion.calls) == ("both", WANTED)
    assert "anyOf" in json.dumps(body["response_format"]) and "tools" not in body
    assert "- add(a: number, b: number = 1): Add two numbers." in body["messages"][0]["content"]


async def test_the_form_s_answer_is_what_was_said(bench):
    made = await bench(script=[Answer('{"thought": "easy", "answer": "Five."}')])
    completion = await made.gateway.complete(call_of(tools=(ADD,)))
    assert (completion.text, completion.calls) == ("Five.", ())


async def test_a_form_that_names_no_known_tool_is_repaired_once_then_refused(bench):
    wrong = Answer('{"thought": "t", "calls": [{"tool": "sub", "arguments": {}}]}')
    right = Answer('{"thought": "t", "calls": [{"tool": "add", "arguments": {"a": 1}}]}')
    made = await bench(script=[wrong, right])
    assert (await made.gateway.complete(call_of(tools=(ADD,)))).calls[0].arguments == {"a": 1}
    assert len(made.retried) == 1
    made = await bench(script=[wrong, wrong])
    with pytest.raises(MalformedOutput):
        await made.gateway.complete(call_of(tools=(ADD,)))


async def test_the_cache_keeps_calls_and_tells_sets_of_tools_apart(bench):
    made = await bench(entry=NATIVE, script=[Answer("", calls=BOTH), Answer("none")], cache=MemoryCache())
    first = await made.gateway.complete(call_of(tools=(ADD, NOW)))
    again = await made.gateway.complete(call_of(tools=(ADD, NOW)))
    other = await made.gateway.complete(call_of(tools=(ADD,)))
    assert (again.calls, again.source) == (first.calls, "cache")
    assert other.text == "none"


def test_calls_without_tools_keep_the_key_under_which_recordings_hold_them():
    key = digest("provider/model", call_of())
    assert key == digest("provider/model", call_of(tools=()))
    assert key != digest("provider/model", call_of(tools=(ADD,)))


def test_the_schema_refuses_wrong_arguments_and_an_answer_together_with_calls():
    schema = tool_schema((ADD, NOW))
    good = {"thought": "t", "calls": [{"tool": "add", "arguments": {"a": 1}}]}
    assert violation(good, schema) == ""
    assert violation({**good, "answer": "x"}, schema)
    assert violation({"thought": "t", "calls": []}, schema)
    assert violation({"thought": "t", "calls": [{"tool": "add", "arguments": {"c": 1}}]}, schema)
    assert read_tool_form(json.dumps(good))[1][0].tool == "add"


def test_hosted_providers_with_tool_calls_use_them_and_the_embedded_model_does_not():
    providers = load_catalogue().providers
    assert {providers[name].tools for name in ("openai", "anthropic", "google", "deepseek")} == {"native"}
    assert providers["embedded"].tools == "form"
