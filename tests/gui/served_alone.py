"""Serves a folder in a process of its own: FOLDER PORT. Its model never answers. Prints the address."""

import socket
import sys
from pathlib import Path

import uvicorn

for _folder in ("api", "app"):
    sys.path.insert(0, str(Path(__file__).parents[1] / _folder))

from api_server import TOKEN, Gate, make_factory  # noqa: E402

from makery.interfaces.server import whole_application  # noqa: E402


def main() -> None:
    """Serve until killed."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    app = whole_application(make_factory(folder, Gate()), token=TOKEN, gui=True)
    listening = socket.create_server(("127.0.0.1", port))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listening])


main()
