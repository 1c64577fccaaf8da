"""A provider on loopback that speaks the OpenAI wire format, answers by rule, and counts what it is asked."""

import hashlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CODE = "double.py\n```python\ndef double(x):\n    return 2 * x\n```\n"
TALK = "Talk about the number"
CHECKS = "```python\ndef test_double():\n    from double import double\n    assert double(3) == 6\n```\n"


class Provider(ThreadingHTTPServer):
    """Answers after `latency` seconds; equal requests get equal answers."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(
        self,
        latency: float,
        say: Callable[[dict[str, Any]], str] | None = None,
        *,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.latency = latency
        self.log = log
        """Gets a line for each request, so that counts outlive this process."""
        self.say = say or answer
        self.asked: Counter[str] = Counter()
        """Requests by what they ask; see `key_of`."""
        self.lock = threading.Lock()

    @property
    def model(self) -> str:
        """What `--model` takes."""
        return f"stand-in@http://127.0.0.1:{self.server_port}/v1"

    def note(self, key: str) -> None:
        """Count a request."""
        with self.lock:
            self.asked[key] += 1
            if self.log is not None:
                with self.log.open("a", encoding="utf-8") as file:
                    file.write(f"{key}\n")

    def taken(self) -> Counter[str]:
        """The counts so far."""
        with self.lock:
            return Counter(self.asked)


@contextmanager
def providing(latency: float, say: Callable[[dict[str, Any]], str] | None = None) -> Iterator[Provider]:
    """The provider, up during the block; `say` gives the text for a request, by default `answer`."""
    server = Provider(latency, say or answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def key_of(system: str, user: str) -> str:
    """Names what is asked, the same at the provider and in the durable record."""
    return hashlib.sha256(f"{system}\x1f{user}".encode("utf-8", "replace")).hexdigest()[:16]


def answer(asked: dict[str, Any]) -> str:
    """By rule: the smallest object that fits the schema, else code or checks."""
    form = asked.get("response_format") or {}
    schema = form.get("json_schema", {}).get("schema")
    if schema:
        return json.dumps(_instance(schema, schema.get("$defs", {})))
    prompt = "\n".join(str(message["content"]) for message in asked["messages"])
    if TALK in prompt:  # never the same twice, or the guard against loops ends the conversation
        digest = hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()
        return " ".join(digest[start : start + 6] for start in range(0, 48, 6))
    return CODE if "complete and ready to run" in prompt else CHECKS


def _instance(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _instance(known[schema["$ref"].rpartition("/")[2]], known)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _instance(schema[choice][0], known)
    match schema.get("type"):
        case "object":
            return {name: _instance(part, known) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [_instance(schema.get("items", {}), known)] * max(1, schema.get("minItems", 0))
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "null":
            return None
        case _:
            return "double.py" if schema.get("maxLength", 99) >= 9 else "C1"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = {message["role"]: str(message["content"]) for message in asked["messages"]}
        self.server.note(key_of(texts.get("system", ""), texts.get("user", "")))
        time.sleep(self.server.latency)
        text = self.server.say(asked)
        streamed = bool(asked.get("stream"))
        body = _stream(text) if streamed else json.dumps(_chunk("message", text, "stop")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            return  # the one who asked was killed

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _stream(text: str) -> bytes:
    pieces = [_chunk("delta", text, None), _chunk("delta", "", "stop")]
    lines = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces)
    return f"{lines}data: [DONE]\n\n".encode()


def _chunk(part: str, text: str, finish: str | None) -> dict[str, Any]:
    content = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "object": "chat.completion.chunk" if part == "delta" else "chat.completion",
        "created": 1,
        "model": "stand-in",
        "choices": [{"index": 0, part: content, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def main() -> None:
    """Serve in a process of its own, so that it can be killed: `standin_provider.py PORT LATENCY LOG`."""
    port, latency, log = sys.argv[1:]
    Provider(float(latency), port=int(port), log=Path(log)).serve_forever(0.05)


if __name__ == "__main__":
    main()
