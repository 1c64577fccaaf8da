"""The engine's door: passes requests on to llama.cpp, chats to the slot that knows their beginning."""

import hmac
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from makery.llm.embedded.prefixes import SharedPrefixes

_CHAT = "/v1/chat/completions"
_PASSED_ON = ("Authorization", "Content-Type", "Accept")
_END_OF_CHUNKS = b"0\r\n\r\n"


class Upstream:
    """llama.cpp's server: its address, its key, and its slots as `SharedPrefixes` uses them."""

    def __init__(self, port: int, key: str, folder: Path) -> None:
        """Keep the address; `folder` is the server's `slot_save_path`."""
        self.key = key
        self._port = port
        self._folder = folder

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, to be closed by the caller; answers may take as long as they take."""
        return http.client.HTTPConnection("127.0.0.1", self._port)

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request; {} if the server refused it."""
        with closing(self.connection()) as connection:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            answer = response.read()
            return json.loads(answer) if response.status == HTTPStatus.OK else {}

    def save(self, slot: int, name: str) -> int:
        """Save what the slot has read; how many bytes that took, 0 if it could not be saved."""
        return self.ask(f"/slots/{slot}?action=save", {"filename": name}).get("n_written", 0)

    def restore(self, slot: int, name: str) -> bool:
        """Put a saved beginning into the slot; whether that worked."""
        return bool(self.ask(f"/slots/{slot}?action=restore", {"filename": name}))

    def forget(self, name: str) -> None:
        """Remove a saved beginning."""
        (self._folder / name).unlink(missing_ok=True)


class Front(ThreadingHTTPServer):
    """Serves on a free port of loopback, one thread a request."""

    daemon_threads = True

    def __init__(self, upstream: Upstream, prefixes: SharedPrefixes) -> None:
        """Listen; `serve_forever` answers."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.prefixes = prefixes


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front  # pyright: ignore[reportIncompatibleVariableOverride]  # the only server that uses it

    def do_GET(self) -> None:
        self._relay(b"", cached=None)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = _chat_body(content) if self.path == _CHAT and self._authorised() else None
        if body is None:
            self._relay(content, cached=None)  # what is wrong with it, the server says in its own words
        else:
            self._chat(body)

    def _authorised(self) -> bool:
        given = self.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self.server.upstream.key}".encode())

    def _chat(self, body: dict[str, Any]) -> None:
        cached: list[int] = []

        def read(slot: int) -> bool:
            silent = {**body, "id_slot": slot, "max_tokens": 0, "stream": False}
            usage = self.server.upstream.ask(_CHAT, silent).get("usage")
            if usage:
                cached.append(usage["prompt_tokens_details"]["cached_tokens"])
            return bool(usage)

        with self.server.prefixes.slot(_prompt(body), read) as slot:
            content = json.dumps({**body, "id_slot": slot, "cache_prompt": True}).encode()
            self._relay(content, cached=cached[0] if cached else None)

    def _relay(self, content: bytes, *, cached: int | None) -> None:
        """Pass the request on and its answer back; a caller that hangs up ends the work for it."""
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        with closing(self.server.upstream.connection()) as connection:
            connection.request(self.command, self.path, content, headers)
            response = connection.getresponse()
            try:
                self._answer(response, cached)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    def _answer(self, response: http.client.HTTPResponse, cached: int | None) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.headers.get("Content-Type", "application/json"))
        if response.headers.get("Transfer-Encoding") != "chunked":
            body = _with_true_usage(response.read(), cached)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in _lines(response, cached):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
        self.wfile.write(_END_OF_CHUNKS)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Nothing: the log would grow with every request."""


def _chat_body(content: bytes) -> dict[str, Any] | None:
    """The request, if it is one that gets a slot of ours: well-formed and for one answer."""
    try:
        body = json.loads(content)
    except ValueError:
        return None
    fits = isinstance(body, dict) and isinstance(body.get("messages"), list) and body.get("n") in (None, 1)
    return body if fits else None


def _prompt(body: Mapping[str, Any]) -> str:
    """The prompt in the order in which chat templates put it: tools, then messages."""
    return json.dumps([body.get("tools"), body["messages"]], ensure_ascii=False)


def _lines(response: http.client.HTTPResponse, cached: int | None) -> Iterator[bytes]:
    while line := response.readline():
        event, colon, data = line.partition(b": ")
        yield event + colon + _with_true_usage(data, cached) if event == b"data" else line


def _with_true_usage(data: bytes, cached: int | None) -> bytes:
    """The same JSON, with the tokens that were cached before this request read its beginning.

    Reading came first and then counts as cached for the server; whoever pays or measures wants the truth.
    """
    if cached is None or b'"cached_tokens"' not in data:
        return data
    answer = json.loads(data)
    answer["usage"]["prompt_tokens_details"]["cached_tokens"] = cached
    return json.dumps(answer, ensure_ascii=False).encode() + (b"\n" if data.endswith(b"\n") else b"")
