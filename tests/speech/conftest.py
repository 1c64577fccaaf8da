"""A local server that keeps to the rules of Azure Speech."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from xml.etree import ElementTree

import pytest

KEY, TOKEN, WAVE = "key-never-to-be-shown", "token-never-to-be-shown", b"RIFF\x24\x00\x00\x00WAVEfmt "
XML = "{http://www.w3.org/XML/1998/namespace}lang"
SSML = "{http://www.w3.org/2001/10/synthesis}"


class AzureStandIn(ThreadingHTTPServer):
    """Answers as the documentation says; `spoken` holds (locale, voice, text) of what it accepted."""

    def __init__(self) -> None:
        self.spoken: list[tuple[str, str, str]] = []
        self.formats: list[str] = []
        self.instead: tuple[int, bytes, dict[str, str]] | None = None
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: AzureStandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, content, headers = self.server.instead or self._answer(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        key, bearer = self.headers["Ocp-Apim-Subscription-Key"], self.headers["Authorization"]
        if key != KEY and bearer != f"Bearer {TOKEN}":
            return 401, b"", {}
        if self.path != "/cognitiveservices/v1":
            return 404, b"Resource not found", {}
        if self.headers["Content-Type"] != "application/ssml+xml":
            return 415, b"", {}
        if not self.headers["User-Agent"] or not self.headers["X-Microsoft-OutputFormat"]:
            return 400, b"A header is missing", {}
        speak = ElementTree.fromstring(body)
        voice = speak.find(f"{SSML}voice")
        if voice is None or not voice.get("name", "").endswith("Neural"):
            return 400, b"Unsupported voice", {}
        self.server.formats.append(self.headers["X-Microsoft-OutputFormat"])
        self.server.spoken.append((speak.get(XML, ""), voice.get("name", ""), voice.text or ""))
        return 200, WAVE, {"Content-Type": "audio/x-wav"}

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def azure() -> Iterator[AzureStandIn]:
    """The running stand-in."""
    server = AzureStandIn()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def speech() -> Callable[..., object]:
    """Make an adapter that talks to the stand-in."""
    from makery.speech.azure import AzureSpeech

    def make(server: AzureStandIn, **secrets: str) -> AzureSpeech:
        return AzureSpeech(region="westeurope", url=server.url, **(secrets or {"key": KEY}))

    return make
