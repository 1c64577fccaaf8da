"""A loopback server that speaks the OpenAI wire format, for runs in a process of their own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fault = Literal["", "garbage", "half json", "nothing", "hang", "hang midway"]


class StandInServer(ThreadingHTTPServer):
    """Answers every chat with `answer(prompt)`; hangs as long as that blocks.

    With a status other than 200, or a fault, it always fails in that way.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[str], str], status: int = 200, fault: Fault = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.status = status
        self.fault = fault
        self.over = threading.Event()
        """Ends all hanging."""
        self.prompts: list[str] = []
        self.asked = threading.Event()

    @property
    def model(self) -> str:
        """What `--model` takes."""
        return f"stand-in@http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def serving(answer: Callable[[str], str], status: int = 200, fault: Fault = "") -> Iterator[StandInServer]:
    """The server, up during the block."""
    server = StandInServer(answer, status, fault)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: StandInServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = json.loads(self.rfile.read(length))
        prompt = "\n".join(str(message["content"]) for message in asked["messages"])
        self.server.prompts.append(prompt)
        self.server.asked.set()
        if self.server.status != 200:
            self._send(self.server.status, "application/json", b'{"error": {"message": "refused"}}')
            return
        if self.server.fault:
            self._fail(self.server.fault)
            return
        text = self.server.answer(prompt)
        if asked.get("stream"):
            self._send(200, "text/event-stream", _stream(text))
        else:
            message = {"role": "assistant", "content": text}
            self._send(200, "application/json", json.dumps(_chunk("message", message, "stop")).encode())

    def _fail(self, fault: Fault) -> None:
        match fault:
            case "garbage":
                self._send(200, "text/html", b"<html><body>Please log in.</body></html>")
            case "half json":
                self._send(200, "text/event-stream", b'data: {"id": "1", "choices": [{"del')
            case "hang midway":
                self._begin_stream("def")
                self.server.over.wait()
            case "hang":
                self.server.over.wait()
        self.close_connection = True

    def _begin_stream(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(_chunk('delta', {'content': text}, None))}\n\n".encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            return  # the caller was stopped, as some tests want

    def log_message(self, *args: Any) -> None:
        """Nothing: the test's output is its own."""


def _stream(text: str) -> bytes:
    chunks = [_chunk("delta", {"role": "assistant", "content": text}, None), _chunk("delta", {}, "stop")]
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def _chunk(part: str, content: dict[str, Any], finish: str | None) -> dict[str, Any]:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {
        "id": "1",
        "object": "chat.completion.chunk" if part == "delta" else "chat.completion",
        "created": 1,
        "model": "stand-in",
        "choices": [{"index": 0, part: content, "finish_reason": finish}],
        "usage": usage if finish else None,
    }
