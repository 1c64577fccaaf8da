"""What the OpenAPI document says of the relay, with examples in OpenAI's format."""

from collections.abc import Sequence
from typing import Any

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "code": {"type": ["string", "null"]},
                "param": {"type": "null"},
            },
        }
    },
}
INVALID = "invalid_request_error"


def problem(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


_TOO_LARGE = "the request is too large"
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {"application/json": {"schema": _ERROR, "example": example}},
    }
    for status, description, example in (
        (400, "The request is not in OpenAI's format.", problem("The request names no model.", INVALID)),
        (
            401,
            "No key was sent, or none that opens anything.",
            problem("No key was sent.", INVALID, "invalid_api_key"),
        ),
        (
            403,
            "The key may not do that.",
            problem("This key may not use the model 'gpt-5.2'.", "permission_error"),
        ),
        (413, "The request is too large.", problem(_TOO_LARGE, INVALID)),
        (
            429,
            "A quota or rate is used up.",
            problem("All accounts are asked too often.", "rate_limit_error", "rate_limit_exceeded"),
        ),
        (502, "No account could answer.", problem("No account could answer.", "upstream_error")),
        (503, "The relay has no accounts.", problem("The relay has no accounts.", "server_error")),
    )
}


def listed(names: Sequence[str]) -> dict[str, Any]:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "relay"} for name in names]
    return {"object": "list", "data": data}


LISTED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": listed(["gpt-5.2"])}}}
}
REQUEST = {"type": "object", "required": ["model"], "properties": {"model": {"type": "string"}}}
CHAT = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
CHATTED = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1764320000,
    "model": "gpt-5.2",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello!"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10},
}
EMBEDDED = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}
RESPONDED = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1764320000,
    "status": "completed",
    "model": "gpt-5.2",
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello!", "annotations": []}],
        }
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 8,
        "output_tokens": 2,
        "total_tokens": 10,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}
CHUNK = 'data: {"choices": [{"index": 0, "delta": {"content": "Hello!"}}]}\n\n'
DONE = 'event: response.completed\ndata: {"type": "response.completed", "sequence_number": 2}\n\n'


def passed(example: dict[str, Any], streamed: str) -> dict[int | str, dict[str, Any]]:
    """What the account answered, whole and, where that can be, as a stream."""
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}, "example": example}}
    if streamed:
        content["text/event-stream"] = {"schema": {"type": "string"}, "example": streamed}
    return {200: {"description": "What the account answered.", "content": content}}
