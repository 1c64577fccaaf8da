"""Runs each check in a process of its own and believes only what that process reports about it."""

import json
import os
import select
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import worker

GRACE = 3.0
"""Seconds after a check's own time-out in which its process may still say where it hung."""

START = 60.0
"""Seconds for a new process, and the browser in it, to be ready: no check's time runs meanwhile."""

PATIENCE = 3
"""After that many time-outs on one program, the remaining checks get `HASTE` seconds only."""
HASTE = 3.0


@dataclass
class Child:
    """A worker process with the two pipes to it."""

    pid: int
    jobs: int
    answers: int
    ready: bytes = b""

    def send(self, job: dict[str, Any]) -> None:
        """Hand over a job."""
        os.write(self.jobs, json.dumps(job).encode() + b"\n")

    def answer(self, seconds: float) -> dict[str, Any] | None:
        """The next answer, or that the time was up; None if the process ended before it came.

        The first says `ready`.
        """
        deadline = time.monotonic() + seconds
        while b"\n" not in self.ready:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                return {"outcome": "timeout", "message": f"did not end within {seconds - GRACE:g} s"}
            data = os.read(self.answers, 65536)
            if not data:
                return None
            self.ready += data
        line, self.ready = self.ready.split(b"\n", 1)
        return json.loads(line)

    def end(self) -> int:
        """Kill it with everything it started; its exit status, negative for a signal.

        A process that has ended already keeps its own status.
        """
        _kill_group(self.pid)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.jobs)
        os.close(self.answers)
        return os.waitstatus_to_exitcode(status)


class Supervisor:
    """Runs the variants of a plan one after the other: the program, its stub, or broken copies."""

    def __init__(self, plan: dict[str, Any], root: Path, screens: Path) -> None:
        self._plan = plan
        self._root = root
        self._screens = screens
        self._count = 0
        self._deadline = time.monotonic() + plan["budget"]
        self._child: Child | None = None
        self._passed: dict[str, float] = {}
        """Checks that passed on the first variant, with their seconds."""

    def run(self) -> list[dict[str, Any]]:
        """All results, in the order they were had."""
        results: list[dict[str, Any]] = []
        try:
            for number, variant in enumerate(self._plan["variants"]):
                results += self._run_variant(variant, first=number == 0)
        finally:
            self._retire()
        return results

    def _run_variant(self, variant: dict[str, Any], *, first: bool) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        timeouts = 0
        for check in self._chosen(variant):
            if time.monotonic() > self._deadline:
                break
            result = self._run_check(variant, check, self._seconds(variant, check, timeouts))
            results.append({**result, "variant": variant["name"], "check": check["id"]})
            timeouts += result["outcome"] == "timeout"
            if first and result["outcome"] == "passed":
                self._passed[check["id"]] = result["seconds"]
            if variant["stop"] and result["outcome"] != "passed":
                break
        return results

    def _chosen(self, variant: dict[str, Any]) -> list[dict[str, Any]]:
        checks = self._plan["checks"]
        if variant["only_passed"]:
            checks = [check for check in checks if check["id"] in self._passed]
        return checks[::-1] if variant["reverse"] else checks

    def _seconds(self, variant: dict[str, Any], check: dict[str, Any], timeouts: int) -> float:
        limit: float = self._plan["seconds"]
        if variant["stop"]:  # a broken copy that takes far longer than the program is caught
            limit = min(limit, max(2 * HASTE, 10 * self._passed.get(check["id"], limit)))
        return min(limit, HASTE) if timeouts >= PATIENCE else limit

    def _run_check(self, variant: dict[str, Any], check: dict[str, Any], seconds: float) -> dict[str, Any]:
        started = time.monotonic()
        self._count += 1
        place = self._root / f"{self._count:04}"
        try:
            job = self._prepare(place, variant, check, seconds)
            result = self._ask(job, seconds)
        except OSError as error:
            result = {"outcome": "error", "message": f"the check could not be set up: {error.strerror}"}
        shutil.rmtree(place, ignore_errors=True)
        return {**result, "seconds": round(time.monotonic() - started, 3)}

    def _prepare(
        self, place: Path, variant: dict[str, Any], check: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        program = place / "program"
        program.mkdir(parents=True)
        (place / "home").mkdir()
        for name, text in variant["files"].items():
            target = program / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
        source = place / f"test_{self._count:04}.py"
        source.write_text(check["code"], encoding="utf-8")
        screen = ""
        if variant["screen"]:
            self._screens.mkdir(parents=True, exist_ok=True)
            screen = str(self._screens / "page.png")
        return {
            "program": str(program),
            "source": str(source),
            "seconds": seconds,
            "screen": screen,
            "seed": variant["seed"],
        }

    def _ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        child = self._child
        if child is None:
            child = self._hire()
            ready = child.answer(START)
            if ready is None or ready["outcome"] != "ready":
                self._retire()
                return {
                    "outcome": "error",
                    "message": "the process for the checks did not start",
                    **(ready or {}),
                }
        try:
            child.send(job)
            answer = child.answer(seconds + GRACE)
        except (BrokenPipeError, ValueError):
            answer = None
        if answer is not None and answer["outcome"] != "timeout" and worker.reusable(self._plan):
            return answer
        if answer is None:
            _await_end(child.pid)
        status = self._retire()
        return answer or {"outcome": "error", "message": _obituary(status)}

    def _hire(self) -> Child:
        jobs, job_sink = os.pipe()
        answer_source, answers = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(job_sink)
            os.close(answer_source)
            worker.live(self._plan, jobs, answers)
        os.close(jobs)
        os.close(answers)
        self._child = Child(pid, job_sink, answer_source)
        return self._child

    def _retire(self) -> int:
        child, self._child = self._child, None
        return child.end() if child else 0


def _await_end(pid: int) -> None:
    """Give a process that has closed its pipe a moment to end, so that its status is its own."""
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.005)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _obituary(status: int) -> str:
    if status < 0:
        return f"the process of the check was killed by {signal.Signals(-status).name}"
    return f"the program ended the whole Python process (exit status {status}) before the check was over"
