"""Tool calls for models that have none of their own: a JSON form, by grammar where the server has one."""

import json
from typing import Any

from makery.kernel.artifact import Frozen
from makery.kernel.completion import ModelCall
from makery.kernel.tool import ToolCall, ToolSpec
from makery.prompting import load

_MOST_CALLS = 8
"""In one answer."""
_LONGEST_THOUGHT, _LONGEST_ANSWER = 300, 1900
"""Characters. llama.cpp refuses longer repetitions: MAX_REPETITION_THRESHOLD in llama-grammar.cpp."""


class ToolForm(Frozen):
    """What the template reads."""

    tools: tuple[ToolSpec, ...]


def tool_instructions(tools: tuple[ToolSpec, ...]) -> str:
    """The tools and how to ask for them, for a system text."""
    return load(__file__).render(ToolForm(tools=tools)).system


def tool_schema(tools: tuple[ToolSpec, ...]) -> dict[str, Any]:
    """JSON Schema of an answer that either asks for calls or says something.

    A thought comes first: a small model decides better after a sentence than before it.
    """
    thought = {"type": "string", "maxLength": _LONGEST_THOUGHT}
    calls = {"type": "array", "items": {"anyOf": [_call(tool) for tool in tools]}}
    acting = _object({"thought": thought, "calls": {**calls, "minItems": 1, "maxItems": _MOST_CALLS}})
    saying = _object(
        {"thought": thought, "answer": {"type": "string", "minLength": 1, "maxLength": _LONGEST_ANSWER}}
    )
    schema: dict[str, Any] = {"title": "turn", "anyOf": [acting, saying]}
    definitions = {key: value for tool in tools for key, value in tool.parameters.get("$defs", {}).items()}
    return {**schema, "$defs": definitions} if definitions else schema


def read_tool_form(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """What such an answer says, and the calls that it asks for; the text fits `tool_schema`."""
    given = json.loads(text)
    calls = tuple(
        ToolCall(id=f"c{number}", tool=call["tool"], arguments=call["arguments"])
        for number, call in enumerate(given.get("calls", ()), start=1)
    )
    return given.get("answer") or given["thought"], calls


def by_form(call: ModelCall) -> ModelCall:
    """The call with its tools turned into a schema and a passage of the system text."""
    system = f"{call.prompt.system}\n\n{tool_instructions(call.tools)}".strip()
    prompt = call.prompt.model_copy(update={"system": system})
    changes = {"prompt": prompt, "tools": (), "output_schema": tool_schema(call.tools)}
    return call.model_copy(update=changes)


def _call(tool: ToolSpec) -> dict[str, Any]:
    arguments = {key: value for key, value in tool.parameters.items() if key != "$defs"}
    return _object({"tool": {"const": tool.name}, "arguments": {"type": "object", **arguments}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
