"""Runs a command-line program the way a user does."""

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 5.0
"""Time for one run; shorter than a check's own, so that the message can say which run hung."""


@dataclass(frozen=True, repr=False)
class Result:
    """How one run of the program ended."""

    command: str
    out: str
    """Everything it wrote to standard output."""
    err: str
    code: int

    @property
    def lines(self) -> list[str]:
        """Standard output, split into lines."""
        return self.out.splitlines()

    @property
    def stdout(self) -> str:
        """Another name of `out`."""
        return self.out

    @property
    def stderr(self) -> str:
        """Another name of `err`."""
        return self.err

    @property
    def returncode(self) -> int:
        """Another name of `code`."""
        return self.code

    def __repr__(self) -> str:
        out = repr(self.out[:160]) if self.out else "nothing"
        last = (self.err.strip().splitlines() or [""])[-1][:120]
        err = repr(last) if last else "nothing"
        return (
            f"`{self.command}` printed {out} to standard output and {err} to standard error, "
            f"exit code {self.code}"
        )


class Program:
    """A callable that runs the entry file in the check's own folder."""

    def __init__(self, entry: str, folder: Path, environment: dict[str, str], remarks: list[str]) -> None:
        self._entry = entry
        self._folder = folder
        self._environment = environment
        self._remarks = remarks

    def __call__(self, *args: object, stdin: str = "") -> Result:
        """Run it once with these arguments.

        Raises:
            AssertionError: it did not end in time.
        """
        words = [self._entry, *map(str, args)]
        shown = shlex.join(["python", *words])
        try:
            done = subprocess.run(
                [sys.executable, *words],
                cwd=self._folder,
                env=self._environment,
                input=stdin.encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise AssertionError(f"`{shown}` did not end within {SECONDS:g} s") from None
        out, err = (
            stream.decode("utf-8", "replace").replace("\r\n", "\n") for stream in (done.stdout, done.stderr)
        )
        result = Result(shown, out, err, done.returncode)
        self._remarks[:] = [repr(result), *self._failure(err)]
        return result

    def _failure(self, err: str) -> list[str]:
        """Where a traceback ended in the program's own files."""
        if "Traceback (most recent call last)" not in err:
            return []
        own = re.escape(str(self._folder))
        places = re.findall(rf'File "{own}/([^"]+)", line (\d+), in (\S+)', err)
        last = err.strip().splitlines()[-1][:200]
        return [f"{name}:{line} in {function}: {last}" for name, line, function in places[-1:]]
