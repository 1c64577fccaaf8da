"""The engine's process: `python -m makery.llm.embedded.server WEIGHTS --state FILE …`.

It serves one model on loopback, says where in its state file, and ends when it was idle long enough, when it
is told to (SIGTERM), or when its state file was removed or taken over and nothing is being answered.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from makery.llm.embedded.front import Front, Upstream
from makery.llm.embedded.prefixes import SharedPrefixes
from makery.llm.embedded.process import process_identity
from makery.llm.embedded.state import EngineState

_WATCH_SECONDS = 5.0
_WARNINGS = 2
"""llama.cpp's verbosity: errors and warnings. Above it the log grows with every request."""
_COUNTERS = re.compile(
    r"^llamacpp:(?:prompt_tokens_total|tokens_predicted_total|n_decode_total) .*$", re.MULTILINE
)
_BUSY = re.compile(r"^llamacpp:requests_(?:processing|deferred) [1-9]", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until idle or told to end; the exit status."""
    options = _parser().parse_args(arguments)
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    key = secrets.token_urlsafe(32)
    with _empty_folder(options.state.with_suffix(".prefixes")) as saved:
        server = _serve(options, key, saved)
        with _front(options, Upstream(_port(server), key, saved)) as port:
            _be_found(options, _state(options, key, port), server.handle_metrics, told)
    return 0


def _be_found(
    options: argparse.Namespace, state: EngineState, metrics: Callable[[], str], told: threading.Event
) -> None:
    state.write(options.state)
    try:
        watch(options.state, state, metrics, told, idle_seconds=options.idle_minutes * 60)
    finally:
        if EngineState.read(options.state) == state:
            options.state.unlink(missing_ok=True)


@contextmanager
def _empty_folder(path: Path) -> Iterator[Path]:
    """A folder that is empty now, whatever a killed engine left in it, and gone afterwards."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _front(options: argparse.Namespace, upstream: Upstream) -> Iterator[int]:
    """The port of the door through which requests share what was read."""
    with Front(upstream, SharedPrefixes(upstream, options.slots)) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield front.server_address[1]
        front.shutdown()


def _port(server: Any) -> int:
    return int(server.listening_address.rpartition(":")[2])


def watch(
    path: Path,
    state: EngineState,
    metrics: Callable[[], str],
    told: threading.Event,
    *,
    idle_seconds: float,
    every: float = _WATCH_SECONDS,
) -> None:
    """Return when the engine should end; who touches the state file at `path` announces a request.

    Args:
        metrics: The server's counters as Prometheus text.
        every: Seconds between two looks.
    """
    seen, since = "", time.monotonic()
    while not told.wait(every):
        text = metrics()
        busy = _BUSY.search(text) is not None
        if not busy and EngineState.read(path) != state:
            return
        now = " ".join(_COUNTERS.findall(text)) + _touched(path)
        if busy or now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > idle_seconds:
            return


def available_threads() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _touched(path: Path) -> str:
    try:
        return str(path.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


def _library() -> Any:
    """xllamacpp, which comes without type stubs; loading it takes a while."""
    return import_module("xllamacpp")


def _serve(options: argparse.Namespace, key: str, saved: Path) -> Any:
    """A running `xllamacpp.Server`.

    Raises:
        SystemExit: it cannot be started; the library has written the reason to the log.
    """
    try:
        return _library().Server(_parameters(options, key, saved))
    except RuntimeError as error:
        raise SystemExit(f"{options.weights} cannot be served: {error}") from error


def _parameters(options: argparse.Namespace, key: str, saved: Path) -> Any:
    parameters = _library().CommonParams()
    parameters.model.path = str(options.weights)
    parameters.model_alias = {options.model}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.cors_origins = ""
    parameters.ui = False
    parameters.endpoint_metrics = True
    parameters.endpoint_slots = True
    parameters.verbosity = _WARNINGS
    parameters.n_parallel = options.slots
    parameters.n_ctx = options.context * options.slots
    # `SharedPrefixes` keeps what slots have read; llama.cpp's own keeping would take up to 8 GiB of memory
    parameters.slot_save_path = f"{saved}/"
    parameters.cache_ram_mib = 0
    parameters.cache_idle_slots = False
    threads = options.threads or available_threads()
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    return parameters


def _state(options: argparse.Namespace, key: str, port: int) -> EngineState:
    return EngineState(
        pid=os.getpid(),
        identity=process_identity(os.getpid()),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        port=port,
        key=key,
        model=options.model,
        path=str(options.weights),
        size=options.weights.stat().st_size,
        sha256=options.sha256,
        slots=options.slots,
        version=version("xllamacpp"),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="makery.llm.embedded.server", description=__doc__)
    parser.add_argument("weights", type=Path, help="the GGUF file to serve")
    parser.add_argument(
        "--state", type=Path, required=True, help="where to say that it is ready, and how to reach it"
    )
    parser.add_argument("--model", required=True, help="the name it is served under")
    parser.add_argument("--sha256", default="", help="the pinned hash of the weights, for the state file")
    parser.add_argument("--slots", type=int, default=4, help="requests answered at the same time")
    parser.add_argument("--context", type=int, default=8192, help="tokens of context of each slot")
    parser.add_argument("--threads", type=int, default=0, help="0: all processors it may use")
    parser.add_argument(
        "--idle-minutes", type=float, default=15.0, help="ends after so long without a request"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
