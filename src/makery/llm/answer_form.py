"""Turns a call into what goes over the wire.

Where no server enforces the schema, `answer_form.md` asks for it.
"""

import json

from makery.kernel.artifact import Frozen
from makery.kernel.completion import ModelCall
from makery.kernel.errors import ContextOverflow
from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.wire import Request, Turn
from makery.llm.tokens import OVERHEAD, estimate
from makery.llm.tool_form import by_form
from makery.prompting import load

_LEAST = 256
"""A cap on the completion is never lowered below this, or a quarter of what was asked for."""


class AnswerForm(Frozen):
    """What the template reads."""

    form: str
    """The JSON Schema as text."""


def wire_request(entry: ModelEntry, call: ModelCall) -> Request:
    """The request for a call, with schema and tools in its system text where the provider takes none."""
    native = call.tools and entry.provider.tools == "native"
    call = by_form(call) if call.tools and not native else call
    return Request(
        model=entry.model,
        system=_system(entry, call),
        turns=(Turn(speaker="user", text=call.prompt.user),),
        output_schema=call.output_schema,
        structure=entry.provider.structure,
        tools=call.tools,
        max_tokens=call.max_tokens,
        temperature=call.temperature,
        seed=call.seed + call.sample,
        stop=call.stop,
    )


def prompt_tokens(request: Request) -> int:
    """About how many tokens the request's prompt is, on the high side."""
    tools = sum(estimate(tool.model_dump_json()) for tool in request.tools)
    turns = sum(estimate(turn.text) for turn in request.turns)
    return OVERHEAD + estimate(request.system) + turns + tools


def fitted(entry: ModelEntry, request: Request) -> Request:
    """The request, with a lower cap on the completion if only that makes it fit. The prompt is never cut.

    Raises:
        ContextOverflow: the prompt leaves too little room for an answer; carries both numbers.
    """
    prompt = prompt_tokens(request)
    room = min(entry.context - prompt, entry.max_output or entry.context)
    if request.max_tokens <= room:
        return request
    if room >= min(request.max_tokens, max(_LEAST, request.max_tokens // 4)):
        return request.model_copy(update={"max_tokens": room})
    needed = prompt + request.max_tokens
    raise ContextOverflow(
        f"{entry.name} has a context of {entry.context} tokens; prompt (about {prompt}) and answer "
        f"(up to {request.max_tokens}) need {needed}.",
        needed=needed,
        available=entry.context,
        remedy="Use a model with a larger context, or a shorter requirement. Nothing was cut.",
    )


def _system(entry: ModelEntry, call: ModelCall) -> str:
    if call.output_schema is None or entry.provider.structure == "schema":
        return call.prompt.system
    form = json.dumps(call.output_schema, ensure_ascii=False, separators=(",", ":"))
    asked = load(__file__).render(AnswerForm(form=form)).system
    return f"{call.prompt.system}\n\n{asked}".strip()
