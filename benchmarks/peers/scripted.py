"""What all sides of the comparison share: the scripted model, its log, the clock. Standard library only.

The log is what a provider would know: a line when a call is asked and one when it is answered, with a key
that follows from the prompt. A call that is asked again after its answer was paid for twice.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TASK = "Talk about the number 7."
GOAL = "You go on."
SPEAKERS = ("ada", "bob")
WARM_TURNS = 2


@dataclass(frozen=True)
class Order:
    """What a side is told to do, from its command line."""

    folder: Path
    """Where it keeps what it keeps; what is there already is continued."""
    turns: int
    latency: float
    """Seconds of one model call."""
    kill_at: int
    """The process kills itself with SIGKILL as the call of that number begins; 0: never."""
    variant: str

    @classmethod
    def read(cls) -> "Order":
        """From `SCRIPT FOLDER TURNS LATENCY KILL_AT VARIANT`."""
        folder, turns, latency, kill_at, variant = sys.argv[1:]
        return cls(Path(folder), int(turns), float(latency), int(kill_at), variant)


class Scripted:
    """A model that answers by rule after the latency: the same to the same prompt, never the same to two."""

    def __init__(self, log: Path, latency: float, kill_at: int = 0) -> None:
        self._log = log
        self._latency = latency
        self._kill_at = kill_at
        self._asked = 0
        self.written = 0
        """Bytes of its own log."""

    async def say(self, prompt: str) -> str:
        """The answer to a prompt, 55 characters."""
        digest = hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()
        self._note(f"asked {digest[:16]}")
        self._asked += 1
        if self._asked == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.sleep(self._latency)
        self._note(f"answered {digest[:16]}")
        return " ".join(digest[start : start + 6] for start in range(0, 48, 6))

    def _note(self, line: str) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            self.written += file.write(f"{line}\n")


class Meter:
    """Time, processor time and bytes handed to the operating system for writing, since it was made."""

    def __init__(self) -> None:
        self._seconds, self._cpu, self._bytes = time.monotonic(), time.process_time(), _written()

    def tell(self, order: Order, model: Scripted) -> None:
        """Print them for one act."""
        outside = time.monotonic() - self._seconds - order.turns * order.latency
        print(
            json.dumps(
                {
                    "overhead_ms": 1000 * outside / order.turns,
                    "cpu_ms": 1000 * (time.process_time() - self._cpu) / order.turns,
                    "bytes_per_act": (_written() - self._bytes - model.written) / order.turns,
                }
            )
        )


def _written() -> int:
    lines = Path("/proc/self/io").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


def calls(log: Path) -> tuple[int, int]:
    """How many different calls were answered, and how often an answered one was asked again."""
    answered: Counter[str] = Counter()
    repeated = 0
    for line in log.read_text(encoding="utf-8").splitlines():
        what, key = line.split()
        if what == "answered":
            answered[key] += 1
        elif answered[key]:
            repeated += 1
    return len(answered), repeated
