"""A stand-in for the engine's process: same arguments, same state file, no model.

What the weights say decides how it behaves: `refuse` ends at once with a word on stderr.
"""

import argparse
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from makery.llm.embedded.process import process_identity
from makery.llm.embedded.state import EngineState

KEY = f"key-{os.getpid()}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers["Authorization"] == f"Bearer {KEY}"
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--model")
    options, _ = parser.parse_known_args()
    with options.weights.with_suffix(".starts").open("a", encoding="utf-8") as starts:
        starts.write(f"{os.getpid()} {os.environ.get('OMP_WAIT_POLICY')} {'HOME' in os.environ}\n")
    if options.weights.read_bytes().startswith(b"refuse"):
        sys.exit("the weights are no good")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    EngineState(
        pid=os.getpid(),
        identity=process_identity(os.getpid()),
        started="2026-01-01T00:00:00+00:00",
        port=server.server_address[1],
        key=KEY,
        model=options.model,
        path=str(options.weights),
        size=options.weights.stat().st_size,
        sha256="",
        slots=4,
        version="0",
    ).write(options.state)
    server.serve_forever()


main()
