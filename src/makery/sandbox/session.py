"""One process that runs cells in its box: a line of JSON in, lines of JSON out, files beside."""

import json
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from makery.kernel.cells import Cell, CellEnd
from makery.kernel.errors import SandboxUnavailable
from makery.kernel.ports import Command, CommandLimits
from makery.sandbox.box import OpensBoxes, StandingBox
from makery.sandbox.files import collect, place
from makery.sandbox.output import CappedOutput
from makery.sandbox.supervise import Cancelled
from makery.sandbox.system import PYTHON

LIMITS = CommandLimits(seconds=12 * 3600, memory_mib=2048, processes=64, output_kib=32)
"""Of a whole session; each cell has its own seconds."""
_START_SECONDS, _GRACE_SECONDS, _TICK = 20.0, 5.0, 0.05
_MOST_FILE_BYTES, _MOST_BYTES = 8 * 1024 * 1024, 64 * 1024 * 1024
_KERNEL = Path(__file__).with_name("session_kernel.txt")
_CACHES = ("__pycache__/", ".cache/", ".config/")

Tell = Callable[[str], None]


def open_session(sandbox: OpensBoxes, files: tuple[tuple[str, bytes], ...], stack: ExitStack) -> "Session":
    """A session that holds the files; it ends when the stack is closed.

    Raises:
        SandboxUnavailable: it does not start.
    """
    program = _KERNEL.read_text(encoding="utf-8")
    session = Session(sandbox.stand(Command(argv=(PYTHON, "-u", "-c", program), limits=LIMITS), stack))
    if not session.ready():
        raise SandboxUnavailable("The process that runs cells does not start in the sandbox.")
    session.put(files)
    return session


class Session:
    """See the module. Not for several threads at once.

    Args:
        box: in which the kernel of cells was started.
    """

    def __init__(self, box: StandingBox) -> None:
        self._box = box
        self._rest = b""
        self._known: dict[str, bytes] = {}
        """The files as we last saw them."""

    def ready(self) -> bool:
        """Wait until it takes cells; False if it ended instead."""
        deadline = time.monotonic() + _START_SECONDS
        return any("ready" in answer for answer in self._answers(deadline, threading.Event()))

    def put(self, files: tuple[tuple[str, bytes], ...]) -> None:
        """Have the folder hold these files as they are given; others stay."""
        now = self._files()
        place(
            self._box.work, tuple((p, data) for p, data in files if now.get(p) != data), owner=self._box.owner
        )
        self._known = {**now, **dict(files)}

    def run(self, cell: Cell, seconds: float, tell: Tell | None, cancelled: threading.Event) -> CellEnd:
        """Run a cell to its end; without `tell` silently.

        Raises:
            Cancelled: the event was set; the session is of no use then.
        """
        output = CappedOutput(LIMITS.output_kib * 1024)
        ended: dict[str, bool] | None = None
        wanted = {**cell.model_dump(), "seconds": seconds, "quiet": tell is None}
        if self._send(wanted):
            for answer in self._answers(time.monotonic() + seconds + _GRACE_SECONDS, cancelled):
                if "end" in answer:
                    ended = answer["end"]
                    break
                text = str(answer.get("out", ""))
                output.take(text.encode("utf-8", "replace"))
                if tell is not None and text:
                    tell(text)
        if ended is None:
            return CellEnd(output=output.text(), failed=True, lost=True, note=self._loss())
        return CellEnd(output=output.text(), **ended, **self._changes())

    def _send(self, wanted: Mapping[str, Any]) -> bool:
        stream = self._box.process.stdin
        try:
            if stream is not None:
                stream.write(json.dumps(wanted).encode() + b"\n")
                stream.flush()
        except BrokenPipeError:
            return False
        return stream is not None

    def _answers(self, deadline: float, cancelled: threading.Event) -> Iterator[dict[str, Any]]:
        """What the process says, until it ends or has to be ended."""
        stream = self._box.process.stdout
        while stream is not None:
            if cancelled.is_set():
                self._box.end()
                raise Cancelled
            *lines, self._rest = self._rest.split(b"\n")
            yield from (answer for line in lines if (answer := _read(line)))
            if time.monotonic() > deadline or self._box.exceeded():
                return
            if select.select([stream], [], [], _TICK)[0]:
                piece = os.read(stream.fileno(), 1 << 16)
                if not piece:
                    return
                self._rest += piece

    def _loss(self) -> str:
        limit = self._box.exceeded()
        self._box.end()
        reason = f"it passed its limit on {limit}" if limit else "its process ended or did not answer"
        return f"[The session was lost: {reason}. Its variables are gone; the next cell makes it anew.]"

    def _files(self) -> dict[str, bytes]:
        try:
            found = collect(self._box.work, ("*", "**/*"), most_bytes=_MOST_BYTES).files
        except OSError:
            # Something in the box changes files at this moment: what was seen before still counts.
            return dict(self._known)
        return {
            path: data
            for path, data in found.items()
            if len(data) <= _MOST_FILE_BYTES and not any(cache in path for cache in _CACHES)
        }

    def _changes(self) -> dict[str, Any]:
        now, before = self._files(), self._known
        self._known = now
        return {
            "written": tuple((path, data) for path, data in now.items() if before.get(path) != data),
            "removed": tuple(path for path in before if path not in now),
        }


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
