"""Runs commands without a box, on the user's own word (`--unsafe-local`).

NOT ISOLATED: the command sees the network, the home folder and every file of the user. What it gets is a
temporary folder, a clean environment, limits and an end: enough against accidents, nothing against intent.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from makery.kernel.ports import Command, CommandLimits, CommandResult
from makery.sandbox.box import StandingBox
from makery.sandbox.files import collect, place
from makery.sandbox.meter import MIB
from makery.sandbox.struck import unless_struck
from makery.sandbox.supervise import Exceeded, Supervision, in_own_thread
from makery.sandbox.system import WORK
from makery.sandbox.validate import validate

_LAUNCHER = """
import os, resource, sys
for name, value in zip(("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_CORE"), map(int, sys.argv[1:5])):
    hard = resource.getrlimit(getattr(resource, name))[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(getattr(resource, name), (value, value))
os.nice(10)
try:
    os.execvp(sys.argv[5], sys.argv[5:])
except OSError as error:
    sys.stderr.write(f"{sys.argv[5]}: {error.strerror}\\n")
    os._exit(127 if isinstance(error, FileNotFoundError) else 126)
"""
_MARK = "MAKERY_COMMAND"
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class UnsafeLocalSandbox:
    """The `Sandbox` port without isolation; read the module's first lines before using it.

    `/work` and the targets of mounts in a command's words and variables become the real paths.
    """

    name = "unsafe-local"

    async def run(self, command: Command, /) -> CommandResult:
        """Run one command in a temporary folder, end all it started, remove the folder.

        Raises:
            InputError: a file, mount or collected path would leave its place.
        """
        validate(command)
        return await in_own_thread(lambda cancelled: unless_struck(lambda: self._run(command, cancelled)))

    def _run(self, command: Command, cancelled: threading.Event) -> CommandResult:
        with ExitStack() as stack:
            process, family, work, top = _started(command, stack)
            ended = Supervision(
                process,
                stdin=command.stdin.encode("utf-8", errors="surrogateescape"),
                limits=command.limits,
                check=lambda: family.exceeded(command.limits, top),
                kill=lambda: family.end(process.pid),
                cancelled=cancelled,
            ).to_the_end()
            found = collect(work, command.collect, most_bytes=command.limits.workspace_mib * MIB)
        disk = found.cut or ended.status == -signal.SIGXFSZ
        return CommandResult(
            exit_status=ended.status,
            stdout=ended.stdout.text(),
            stderr=ended.stderr.text(),
            seconds=ended.seconds,
            exceeded=ended.exceeded or ("disk" if disk else ""),
            collected=tuple(found.files.items()),
        )

    def stand(self, command: Command, stack: ExitStack) -> StandingBox:
        """See `OpensBoxes.stand`.

        Raises:
            InputError: a file or mount would leave its place.
        """
        validate(command)
        process, family, work, top = _started(command, stack)
        stack.callback(family.end, process.pid)
        return StandingBox(
            process=process,
            work=work,
            owner=None,
            exceeded=lambda: family.exceeded(command.limits, top),
            end=lambda: family.end(process.pid),
        )


class _Started(NamedTuple):
    process: "subprocess.Popen[bytes]"
    family: "_Family"
    work: int
    top: Path


def _started(command: Command, stack: ExitStack) -> _Started:
    """The command's process in a temporary folder, which is removed when the stack is closed."""
    top = Path(tempfile.mkdtemp(prefix="makery-local-"))
    stack.callback(_remove, top)
    work = _prepared(top, command, stack)
    family = _Family(token=uuid4().hex)
    process = subprocess.Popen(
        _words(command, top),
        cwd=top / "work",
        env=_environment(command, top, family.token),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    stack.callback(process.wait)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stack.callback(_close, stream)
    return _Started(process, family, work, top)


@dataclass
class _Family:
    """A command and all that descends from it, known by a variable that they inherit (where /proc exists)."""

    token: str
    looks: int = field(default=0)

    def exceeded(self, limits: CommandLimits, folder: Path) -> Exceeded:
        """The limit that is exceeded now; looked at each tenth time, because it reads the whole of /proc."""
        self.looks += 1
        if self.looks % 10:
            return ""
        members = list(self.members())
        if len(members) > limits.processes:
            return "processes"
        if sum(map(_resident, members)) > limits.memory_mib * MIB:
            return "memory"
        return "disk" if _size(folder) > limits.workspace_mib * MIB else ""

    def end(self, leader: int) -> None:
        """Kill the process group, then those that left it, until none is found."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        while members := [member for member in self.members() if not _is_zombie(member)]:
            for member in members:
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)

    def members(self) -> Iterator[int]:
        """Process ids that carry the token."""
        mark = f"{_MARK}={self.token}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes():
                    yield int(folder.name)


def _prepared(top: Path, command: Command, stack: ExitStack) -> int:
    for name in ("work", "home", "tmp"):
        (top / name).mkdir()
    handle = os.open(top / "work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, handle)
    place(handle, command.files)
    return handle


def _words(command: Command, top: Path) -> list[str]:
    limits = command.limits
    values = (
        int(limits.seconds * (os.cpu_count() or 1)) + 1,
        limits.file_mib * MIB,
        (2 * limits.memory_mib + 256) * MIB,
        0,
    )
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *map(str, values)]
    return [*launcher, *(_translated(word, command, top) for word in command.argv)]


def _translated(word: str, command: Command, top: Path) -> str:
    for mount in sorted(command.mounts, key=lambda mount: -len(mount.target)):
        word = word.replace(mount.target, str(mount.source.resolve()))
    return word.replace(WORK, str(top / "work")) if word.startswith(WORK) or f":{WORK}" in word else word


def _environment(command: Command, top: Path, token: str) -> dict[str, str]:
    own = {
        "PATH": f"{Path(sys.executable).parent}:{_SYSTEM_PATH}",
        "HOME": str(top / "home"),
        "TMPDIR": str(top / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        _MARK: token,
    }
    return own | {name: _translated(value, command, top) for name, value in command.environment}


def _resident(process: int) -> int:
    with suppress(OSError, IndexError):
        pages = (Path("/proc") / str(process) / "statm").read_text(encoding="ascii").split()
        return (int(pages[1]) - int(pages[2])) * resource.getpagesize()
    return 0


def _is_zombie(process: int) -> bool:
    with suppress(OSError):
        return (Path("/proc") / str(process) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[
            0
        ] == "Z"
    return True


def _size(folder: Path) -> int:
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(above) / name).lstat().st_blocks * 512
    return total


def _remove(top: Path) -> None:
    def open_up(function: object, path: str, error: object) -> None:
        with suppress(OSError):
            Path(path).parent.chmod(0o700)
            Path(path).chmod(0o700)

    shutil.rmtree(top, onerror=open_up)
    shutil.rmtree(top, ignore_errors=True)


def _close(stream: object) -> None:
    with suppress(BrokenPipeError):
        stream.close()  # type: ignore[attr-defined]
