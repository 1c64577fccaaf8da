"""Stand-ins for model providers: HTTP on loopback, each wire format, failing on demand.

Formats as documented by the providers: OpenAI chat completions and its stream, Anthropic messages and its
events, Gemini `streamGenerateContent` with `alt=sse`, Azure's two URL forms, Replicate's predictions.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-right-key-0123456789"
MODEL = "some-model"
STATUS = {200: "OK", 201: "Created"}


@dataclass
class Asked:
    """A request that the stand-in got."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Fault:
    """How a request is to fail."""

    kind: str
    """`status`, `hang`, `half_json`, `html`, `nothing`, `empty`, `cut`, `hang_midway`."""
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"error": {"message": "it broke", "type": "server_error", "code": null}}'


@dataclass
class Answer:
    """What the model says."""

    text: str = "Hello there"
    finish: str = "stop"
    prompt_tokens: int = 21
    completion_tokens: int = 7
    cached_tokens: int = 4
    with_usage: bool = True
    timings: bool = False
    """Tell of cached tokens as llama.cpp's server does, under `timings`."""
    calls: tuple[tuple[str, str], ...] = ()
    """Tools that the model asks for: name and arguments as JSON text."""


Step = Fault | Answer | str


class StandIn:
    """A provider: answers by the script, the last step of which repeats."""

    def __init__(self, wire: str) -> None:
        self.wire = wire
        self.model = MODEL
        """The one model that is offered."""
        self.script: list[Step] = [Answer()]
        self.asked: list[Asked] = []
        self.url = ""
        self._root = ""
        self._released = asyncio.Event()
        self._news = asyncio.Condition()
        self._busy: set[asyncio.Task[None]] = set()
        self._answers: dict[str, Step] = {}

    @property
    def calls(self) -> list[Asked]:
        """The requests for completions, without those for lists or streams."""
        return [asked for asked in self.asked if asked.method == "POST"]

    async def got(self, calls: int) -> None:
        """Wait until so many requests for completions have come."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.calls) >= calls)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["StandIn"]:
        """Listen on a free port until the context ends."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.url = self._root + {"google": "/v1beta", "anthropic": "", "azure": "/openai/v1"}.get(
            self.wire, "/v1"
        )
        try:
            yield self
        finally:
            self._released.set()
            server.close()
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            await self._handle(await _read(reader), writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._busy.discard(task)
            writer.close()

    async def _handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asked)
        async with self._news:
            self._news.notify_all()
        if asked.method == "GET":
            await self._get(asked, writer)
            return
        refusal = self._refusal(asked)
        if refusal:
            await _send(writer, refusal[0], json.dumps(refusal[1]))
            return
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        step = Answer(step) if isinstance(step, str) else step
        if self.wire == "replicate":
            await self._predict(step, writer)
        elif isinstance(step, Fault):
            await self._fail(step, asked, writer)
        else:
            await _stream(writer, _EVENTS[self.wire](step, asked))

    # ---------------------------------------------------------------- refusals

    def _refusal(self, asked: Asked) -> tuple[int, Any] | None:
        named = {"anthropic": "x-api-key", "google": "x-goog-api-key", "azure": "api-key"}.get(self.wire, "")
        key = asked.headers.get(named) or asked.headers.get("authorization", "").removeprefix("Bearer ")
        if key != KEY:
            return (400 if self.wire == "google" else 401), _WRONG_KEY[self.wire](key)
        if self._model(asked) != self.model:
            return 404, _NO_MODEL[self.wire]
        return None

    def _model(self, asked: Asked) -> str:
        if self.wire == "google":
            return asked.path.rsplit("/", 1)[-1].partition(":")[0]
        if self.wire == "replicate":
            return asked.path.removeprefix("/v1/models/").removesuffix("/predictions")
        return asked.body["model"]

    async def _fail(self, fault: Fault, asked: Asked, writer: asyncio.StreamWriter) -> None:
        match fault.kind:
            case "status":
                await _send(writer, fault.status, fault.body, headers=fault.headers)
            case "hang":
                await self._released.wait()
            case "html":
                await _send(writer, 200, "<html><body>Welcome to nginx!</body></html>", kind="text/html")
            case "nothing":
                await _send(writer, 200, "", kind="text/event-stream")
            case "empty":
                await _stream(writer, _EVENTS[self.wire](Answer(""), asked))
            case _:
                await self._fail_midway(fault, asked, writer)

    async def _fail_midway(self, fault: Fault, asked: Asked, writer: asyncio.StreamWriter) -> None:
        events = list(_EVENTS[self.wire](Answer("one two three four"), asked))
        part = {"half_json": 2, "cut": 3, "hang_midway": 3}[fault.kind]
        _start_stream(writer)
        for event in events[:part]:
            _chunk(writer, event)
        if fault.kind == "half_json":
            _chunk(writer, events[part][: len(events[part]) // 2] + "\n\n")
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        if fault.kind == "hang_midway":
            await self._released.wait()

    # ---------------------------------------------------------- lists and replicate

    async def _get(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path.endswith("/models"):
            names = [MODEL, "other-model"]
            data = (
                {"models": [{"name": f"models/{name}"} for name in names]}
                if self.wire == "google"
                else {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
            )
            await _send(writer, 200, json.dumps(data))
            return
        kind, _, number = asked.path.strip("/").partition("/")
        step = self._answers.get(number)
        if kind == "stream" and isinstance(step, Fault):
            await self._fail(step, asked, writer)
        elif kind == "stream" and isinstance(step, Answer):
            await _stream(writer, _replicate(step, asked))
        elif isinstance(step, Answer) and step.with_usage:
            counts = {"input_token_count": step.prompt_tokens, "output_token_count": step.completion_tokens}
            await _send(writer, 200, json.dumps({"status": "succeeded", "metrics": counts}))
        else:
            await _send(writer, 200, json.dumps({"status": "succeeded"}))

    async def _predict(self, step: Step, writer: asyncio.StreamWriter) -> None:
        if isinstance(step, Fault) and step.kind in ("status", "hang", "html", "nothing"):
            await self._fail(step, Asked("POST", "", {}, {}, {}), writer)
            return
        number = str(len(self._answers))
        self._answers[number] = step
        urls = {"get": f"{self._root}/get/{number}", "stream": f"{self._root}/stream/{number}"}
        await _send(writer, 201, json.dumps({"id": number, "status": "starting", "urls": urls}))


# ------------------------------------------------------------------------ the formats


def _pieces(text: str) -> list[str]:
    return [text[i : i + 5] for i in range(0, len(text), 5)]


def _openai(answer: Answer, asked: Asked) -> list[str]:
    base = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return f"data: {json.dumps({**base, 'choices': [choice]})}\n\n"

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": piece}) for piece in _pieces(answer.text)]
    for n, (name, arguments) in enumerate(answer.calls):
        function = {"name": name, "arguments": ""}
        events.append(
            chunk({"tool_calls": [{"index": n, "id": f"t{n}", "type": "function", "function": function}]})
        )
        events += [
            chunk({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
            for piece in _pieces(arguments)
        ]
    events.append(chunk({}, "tool_calls" if answer.calls else answer.finish))
    if answer.with_usage and (asked.body.get("stream_options") or {}).get("include_usage"):
        usage = {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "total_tokens": answer.prompt_tokens + answer.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0 if answer.timings else answer.cached_tokens},
        }
        timings = {"timings": {"cache_n": answer.cached_tokens}} if answer.timings else {}
        events.append(f"data: {json.dumps({**base, 'choices': [], 'usage': usage, **timings})}\n\n")
    return [*events, "data: [DONE]\n\n"]


def _anthropic(answer: Answer, asked: Asked) -> list[str]:
    def event(kind: str, **fields: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"

    fresh = answer.prompt_tokens - answer.cached_tokens
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": fresh, "cache_read_input_tokens": answer.cached_tokens,
                  "cache_creation_input_tokens": 0, "output_tokens": 1},
    }  # fmt: skip
    stop = "tool_use" if answer.calls else {"stop": "end_turn", "length": "max_tokens"}[answer.finish]
    return [
        event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(
            event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            for piece in _pieces(answer.text)
        ),
        event("content_block_stop", index=0),
        *(
            part
            for n, (name, arguments) in enumerate(answer.calls, start=1)
            for part in (
                event(
                    "content_block_start",
                    index=n,
                    content_block={"type": "tool_use", "id": f"t{n}", "name": name, "input": {}},
                ),
                event(
                    "content_block_delta",
                    index=n,
                    delta={"type": "input_json_delta", "partial_json": arguments},
                ),
                event("content_block_stop", index=n),
            )
        ),
        event(
            "message_delta",
            delta={"stop_reason": stop, "stop_sequence": None},
            usage={"output_tokens": answer.completion_tokens},
        ),
        event("message_stop"),
    ]


def _google(answer: Answer, asked: Asked) -> list[str]:
    def event(text: str, **fields: Any) -> str:
        wanted = [
            {"functionCall": {"name": name, "args": json.loads(arguments)}}
            for name, arguments in answer.calls
        ]
        parts = [*([{"text": text}] if text or not wanted else []), *(wanted if fields else [])]
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **fields}
        usage = {
            "promptTokenCount": answer.prompt_tokens,
            "candidatesTokenCount": answer.completion_tokens,
            "totalTokenCount": answer.prompt_tokens + answer.completion_tokens,
            "cachedContentTokenCount": answer.cached_tokens,
        }
        data = {"candidates": [candidate], "modelVersion": MODEL, "responseId": "r1"}
        return f"data: {json.dumps({**data, 'usageMetadata': usage} if answer.with_usage else data)}\r\n\r\n"

    stop = {"stop": "STOP", "length": "MAX_TOKENS"}[answer.finish]
    pieces = _pieces(answer.text) or [""]
    return [*map(event, pieces[:-1]), event(pieces[-1], finishReason=stop)]


def _replicate(answer: Answer, asked: Asked) -> list[str]:
    events = [
        f"event: output\nid: {n}\n" + "".join(f"data: {line}\n" for line in piece.split("\n")) + "\n"
        for n, piece in enumerate(_pieces(answer.text))
    ]
    return [*events, "event: done\nid: last\ndata: {}\n\n"]


_EVENTS: dict[str, Callable[[Answer, Asked], list[str]]] = {
    "openai": _openai,
    "azure": _openai,
    "anthropic": _anthropic,
    "google": _google,
    "replicate": _replicate,
}


def _openai_wrong_key(key: str) -> Any:
    message = f"Incorrect API key provided: {key}. You can find your API key at https://platform.openai.com."
    return {"error": {"message": message, "type": "invalid_request_error", "code": "invalid_api_key"}}


def _google_wrong_key(key: str) -> Any:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
    }
    message = "API key not valid. Please pass a valid API key."
    return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [info]}}


_WRONG_KEY: dict[str, Callable[[str], Any]] = {
    "openai": _openai_wrong_key,
    "azure": lambda key: {"error": {"code": "401", "message": "Access denied: invalid subscription key."}},
    "anthropic": lambda key: {
        "type": "error",
        "error": {"type": "authentication_error", "message": "invalid x-api-key"},
    },
    "google": _google_wrong_key,
    "replicate": lambda key: {
        "title": "Unauthenticated",
        "detail": "Not a valid token",
        "status": 401,
    },
}
_NO_MODEL: dict[str, Any] = {
    "openai": {"error": {"message": "The model does not exist", "type": "x", "code": "model_not_found"}},
    "azure": {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}},
    "anthropic": {"type": "error", "error": {"type": "not_found_error", "message": "model: nonsense"}},
    "google": {"error": {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}},
    "replicate": {
        "title": "Not found",
        "detail": "The resource could not be found.",
        "status": 404,
    },
}


# ------------------------------------------------------------------------------ HTTP


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    return Asked(method, url.path, parse_qs(url.query), headers, json.loads(body) if body else {})


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    text: str,
    *,
    headers: dict[str, str] | None = None,
    kind: str = "application/json",
) -> None:
    data = text.encode()
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    writer.write(
        f"HTTP/1.1 {status} {STATUS.get(status, 'Failed')}\r\nContent-Type: {kind}\r\n{more}"
        f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
    )
    writer.write(data)
    await writer.drain()


def _start_stream(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )


def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    data = text.encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


async def _stream(writer: asyncio.StreamWriter, events: list[str]) -> None:
    _start_stream(writer)
    for event in events:
        _chunk(writer, event)
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
