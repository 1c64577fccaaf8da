"""A scripted upstream in OpenAI's format, and a server whose relay uses several of them."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from api_server import TOKEN, make_factory, served
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.background import BackgroundTask

from makery.interfaces.server import whole_application

UPSTREAM_KEY = "sk-upstream-secret"
SEED = 7
USAGE = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}


class Upstream:
    """Answers chats with its name; `fault` makes it fail."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fault = ""
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        """Set when the reader of a stream without an end is gone."""
        self.app = FastAPI()
        self.app.post("/v1/chat/completions")(self._chat)
        self.app.post("/v1/embeddings")(self._embed)
        self.app.post("/v1/responses")(self._respond)

    async def _chat(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked)
        self.headers.append(dict(request.headers))
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if self.fault == "endless":
            left = BackgroundTask(self.left.set)
            return StreamingResponse(self._endless(), media_type="text/event-stream", background=left)
        wants_tool = asked.get("tools") and asked["messages"][-1]["role"] != "tool"
        if asked.get("stream"):
            pieces = self._tool_pieces(asked) if wants_tool else self._pieces(asked)
            return StreamingResponse(pieces, media_type="text/event-stream")
        if wants_tool:
            call = {"name": "add", "arguments": '{"a": 1}'}
            tool = {"id": "c1", "type": "function", "function": call}
            return JSONResponse(answer("message", {"content": None, "tool_calls": [tool]}, "tool_calls"))
        return JSONResponse(answer("message", {"content": f"I am {self.name}"}, "stop"))

    def _refusal(self, request: Request) -> Response | None:
        match self.fault:
            case "429":
                return JSONResponse({"error": "slow"}, 429, headers={"Retry-After": "7"})
            case "400":
                echoed = request.headers["authorization"]
                return JSONResponse({"error": {"message": f"bad request of {echoed}"}}, 400)
            case "500" | "401" | "404" as status:
                return JSONResponse({"error": {"message": "it broke"}}, int(status))
            case "302":
                return Response(status_code=302, headers={"Location": f"{request.url}?elsewhere"})
            case "empty":
                return StreamingResponse(_nothing(), media_type="text/event-stream")
            case _:
                return None

    async def _endless(self) -> AsyncIterator[bytes]:
        while True:
            yield event(answer("delta", {"content": "word " * 10_000}, None))
            await asyncio.sleep(0)  # to a reader that is gone it is sent without any waiting

    async def _pieces(self, asked: dict[str, Any]) -> Any:
        for word in ("I ", "am ", self.name):
            yield event(answer("delta", {"content": word}, None))
            if self.fault == "midway":
                raise RuntimeError("the upstream dies")
            if self.fault == "stalls":
                try:
                    await asyncio.Event().wait()
                finally:
                    self.left.set()
        yield event(answer("delta", {}, "stop"))
        if (asked.get("stream_options") or {}).get("include_usage"):
            yield event({**answer("delta", {}, None), "choices": [], "usage": USAGE})
        yield b"data: [DONE]\n\n"

    async def _tool_pieces(self, asked: dict[str, Any]) -> Any:
        """A call of the tool `add` whose arguments come in two pieces."""
        for piece in ('{"a": 1,', ' "b": 2}'):
            call: dict[str, Any] = {"index": 0, "function": {"arguments": piece}}
            if piece.startswith("{"):
                call |= {"id": "c1", "type": "function"}
                call["function"]["name"] = "add"
            yield event(answer("delta", {"tool_calls": [call]}, None))
        yield event(answer("delta", {}, "tool_calls"))
        yield b"data: [DONE]\n\n"

    async def _respond(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked)
        response = _response(f"I am {self.name}")
        if not asked.get("stream"):
            return JSONResponse(response)
        events = [
            {"type": "response.created", "sequence_number": 0, "response": {**response, "usage": None}},
            {
                "type": "response.output_text.delta",
                "sequence_number": 1,
                "item_id": "m1",
                "output_index": 0,
                "content_index": 0,
                "delta": f"I am {self.name}",
                "logprobs": [],
            },
            {"type": "response.completed", "sequence_number": 2, "response": response},
        ]
        lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
        return StreamingResponse(self._lines(lines), media_type="text/event-stream")

    async def _lines(self, lines: list[bytes]) -> AsyncIterator[bytes]:
        for number, line in enumerate(lines):
            if self.fault == "midway" and number == len(lines) - 1:
                raise RuntimeError("the upstream dies")
            yield line

    async def _embed(self, request: Request) -> Response:
        self.asked.append(await request.json())
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        return JSONResponse({"object": "list", "data": data, "model": "m", "usage": usage})


def _response(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    usage = {
        "input_tokens": 11,
        "output_tokens": 5,
        "total_tokens": 16,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    return {
        "id": "r1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "m",
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


async def _nothing() -> Any:
    return
    yield b""


def event(answer: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(answer)}\n\n".encode()


def answer(part: str, content: dict[str, Any], finish: str | None) -> dict[str, Any]:
    whole = part == "message"
    return {
        "id": "chat-1",
        "object": "chat.completion" if whole else "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, part: {"role": "assistant", **content}, "finish_reason": finish}],
        **({"usage": USAGE} if whole else {}),
    }


@contextmanager
def relaying(folder: Path, *upstreams: Upstream, **options: Any) -> Iterator[str]:
    """The address of a server that relays to upstreams, in the order in which they are asked by default.

    `options` by an upstream's name are its settings, `others` are accounts elsewhere, the rest the relay's.
    Which account is asked first is drawn by their weights, from a seed.
    """
    with ExitStack() as stack:
        accounts: dict[str, Any] = options.pop("others", {}) | {
            one.name: {
                "base_url": stack.enter_context(served(one.app)) + "/v1",
                "api_key": UPSTREAM_KEY,
                "models": ["m"],
                **options.pop(one.name, {}),
            }
            for one in upstreams
        }
        factory = make_factory(folder, relay={"upstreams": accounts, **options})
        app = whole_application(factory, token=TOKEN)
        address = stack.enter_context(served(app))
        app.state.serving.relay.pool.random = Random(SEED)
        yield address
