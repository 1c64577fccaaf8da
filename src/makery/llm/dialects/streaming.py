"""Streams an answer through a pydantic-ai model: what all dialects but Replicate's share."""

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from makery.kernel.completion import Usage
from makery.kernel.tool import ToolCall, ToolSpec
from makery.llm.catalogue import ModelEntry
from makery.llm.dialects.failures import Place
from makery.llm.dialects.wire import CallPiece, EndPiece, Piece, Request, TextPiece, ThoughtPiece, Turn
from makery.llm.endpoint import Endpoint

_REFUSE_SAMPLING = ("openai_supports_reasoning", "anthropic_disallows_sampling_settings")
CACHED = "cached_tokens"
"""Under this name a dialect may put a count of cached prompt tokens into a response's provider details."""


async def stream(
    model: Model[Any], entry: ModelEntry, request: Request, endpoint: Endpoint
) -> AsyncGenerator[Piece, None]:
    """The answer of a pydantic-ai model in pieces, an `EndPiece` last.

    Raises:
        ProviderError, ContextOverflow: as `Dialect.stream`.
    """
    place = Place(entry, endpoint, request)
    request = _without_sampling(request) if _refuses_sampling(model) else request
    with place.typed_errors():
        opened = model.request_stream(
            _messages(request), _settings(model, entry, request), _parameters(request)
        )
        async with opened as response:
            async for event in response:
                yield _piece(event)
            for piece in _calls(response):
                yield piece
            yield _end(response, place)


def _refuses_sampling(model: Model[Any]) -> bool:
    # Reasoning models of OpenAI and Anthropic reject a temperature; the library would warn at each call.
    return any(model.profile.get(flag) for flag in _REFUSE_SAMPLING)


def _without_sampling(request: Request) -> Request:
    return request.model_copy(update={"temperature": None})


def _messages(request: Request) -> list[ModelMessage]:
    first, *later = request.turns
    parts = [SystemPromptPart(request.system)] if request.system else []
    opening = ModelRequest(parts=[*parts, UserPromptPart(first.text)])
    return [opening, *map(_message, later)]


def _message(turn: Turn) -> ModelMessage:
    if turn.speaker == "model":
        return ModelResponse(parts=[TextPart(turn.text)])
    return ModelRequest(parts=[UserPromptPart(turn.text)])


def _settings(model: Model[Any], entry: ModelEntry, request: Request) -> ModelSettings:
    settings = ModelSettings(max_tokens=request.max_tokens, max_retries=0)
    if request.temperature is not None and "temperature" not in entry.provider.omit:
        settings["temperature"] = max(request.temperature, entry.provider.min_temperature)
    if request.seed is not None and "seed" not in entry.provider.omit:
        settings["seed"] = request.seed
    if model.profile.get("supports_thinking"):
        # A cap on the answer is a cap on hidden reasoning too, which would leave nothing of a short one.
        settings["thinking"] = False
    if request.stop:
        settings["stop_sequences"] = list(request.stop)
    return settings


def _parameters(request: Request) -> ModelRequestParameters:
    if request.tools:
        return ModelRequestParameters(function_tools=[_definition(tool) for tool in request.tools])
    schema = request.output_schema
    if schema is None or request.structure == "prompt":
        return ModelRequestParameters()
    form = OutputObjectDefinition(json_schema=schema, name=_name(schema))
    mode = "native" if request.structure == "schema" else "prompted"
    return ModelRequestParameters(output_mode=mode, output_object=form, prompted_output_template=False)


def _name(schema: dict[str, Any]) -> str:
    title = "".join(
        c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in str(schema.get("title", ""))
    )
    return title[:60] or "answer"


def _piece(event: object) -> Piece:
    match event:
        case PartStartEvent(part=TextPart(content=text)) if text:
            return TextPiece(text=text)
        case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
            return TextPiece(text=text)
        case _:
            return ThoughtPiece()


def _definition(tool: ToolSpec) -> ToolDefinition:
    return ToolDefinition(
        name=tool.name, description=tool.description, parameters_json_schema=tool.parameters, strict=False
    )


def _calls(response: StreamedResponse) -> Iterator[CallPiece]:
    for number, part in enumerate(response.get().parts, start=1):
        if isinstance(part, ToolCallPart):
            given = part.args if isinstance(part.args, str) else json.dumps(part.args or {})
            yield CallPiece(call=ToolCall(id=f"c{number}", tool=part.tool_name, arguments=_arguments(given)))


def _arguments(given: str) -> dict[str, Any]:
    """As an object; what cannot be read as one is handed on under a name that no tool takes."""
    try:
        read = json.loads(given or "{}")
    except json.JSONDecodeError:
        return {"unreadable": given}
    return read if isinstance(read, dict) else {"unreadable": given}


def _end(response: StreamedResponse, place: Place) -> EndPiece:
    match response.finish_reason:
        case "length":
            finish = "length"
        case "content_filter":
            finish = "refused"
        case None:
            raise place.unavailable("the stream ended early")
        case _:
            finish = "stop"
    return EndPiece(finish=finish, usage=_usage(response))


def _usage(response: StreamedResponse) -> Usage | None:
    told = response.usage
    if not (told.input_tokens or told.output_tokens):
        return None
    cached = told.cache_read_tokens or (response.provider_details or {}).get(CACHED, 0)
    return Usage(
        prompt_tokens=told.input_tokens,
        completion_tokens=told.output_tokens,
        cached_tokens=min(cached, told.input_tokens),
    )
