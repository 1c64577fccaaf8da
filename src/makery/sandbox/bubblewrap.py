"""Runs commands in bubblewrap: namespaces, a read-only system, private file systems, a system call filter.

The workspace and the temporary folder are memory file systems of bounded size that exist only inside the box.
We hold open handles on them from outside, so that files can be put in before the command starts and brought
back after everything in the box is dead; when the handles close, nothing is left to clean up.
"""

import json
import math
import os
import platform
import secrets
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from makery.kernel.errors import InputError, SandboxUnavailable
from makery.kernel.ports import Command, CommandLimits, CommandResult
from makery.sandbox.files import collect, parts_of, place
from makery.sandbox.meter import MIB, Meter
from makery.sandbox.seccomp import seccomp_filter
from makery.sandbox.supervise import Cancelled, Supervision, in_own_thread
from makery.sandbox.system import (
    HOME,
    WORK,
    Argument,
    Data,
    Interpreter,
    environment,
    folders_above,
    system_arguments,
)

_OVERHEAD = 1
"""Processes of the box that are ours: bubblewrap's own first process."""
_START = 15.0
"""Seconds that setting up a box may take on a busy machine."""
_LAUNCH = 'echo 1000 > /proc/self/oom_score_adj; echo; read -r _; exec "$@"'
"""Say that the box stands, wait until files are in, become the command; be the first to go if memory runs out."""
_SENSITIVE = ("sys", "sysrq-trigger", "irq", "bus", "mtrr", "fs", "acpi", "scsi")
"""Below /proc: root's identity alone, without a capability, can write some of these."""


@dataclass(frozen=True)
class _Identity:
    """Who the command is.

    `dropped`: we are root, and the command gets a user id that nobody else on this machine has. Otherwise it
    is ourselves, seen as somebody else through a user namespace.
    """

    user: int
    dropped: bool

    @property
    def owner(self) -> int | None:
        """The owner of files that we put into the box; None: they are ours, and ours is right."""
        return self.user if self.dropped else None


class BubblewrapSandbox:
    """A `Sandbox` of Linux namespaces, without a daemon and without being root.

    Args:
        executable: bubblewrap's path or name.
        parallel: commands that run at the same time; more wait. By default one for each processor.
    """

    name = "bubblewrap"

    def __init__(self, *, executable: str = "bwrap", parallel: int | None = None) -> None:
        self._executable = executable
        self._slots = threading.Semaphore(parallel or os.cpu_count() or 1)

    async def run(self, command: Command, /) -> CommandResult:
        """Run one command to its end and remove all it left.

        Raises:
            SandboxUnavailable: bubblewrap is missing or may not create namespaces here.
            InputError: a file, mount or collected path would leave its place.
        """
        _validate(command)
        return await in_own_thread(lambda cancelled: self._when_free(command, cancelled))

    def _when_free(self, command: Command, cancelled: threading.Event) -> CommandResult:
        while not self._slots.acquire(timeout=0.05):
            if cancelled.is_set():
                raise Cancelled
        try:
            with ExitStack() as stack:
                return self._boxed(command, cancelled, stack)
        finally:
            self._slots.release()

    def _boxed(self, command: Command, cancelled: threading.Event, stack: ExitStack) -> CommandResult:
        identity = _identity(command)
        process, child = self._start(command, identity, stack)
        stack.callback(_end, process, child)
        box = _Box(child, stack)
        try:
            box.fill(command, identity)
        except OSError as error:
            return CommandResult(exit_status=-9, stdout="", stderr=str(error), seconds=0.0, exceeded="disk")
        ended = Supervision(
            process,
            stdin=b"\n" + command.stdin.encode("utf-8", errors="surrogateescape"),
            limits=command.limits,
            check=lambda: box.meter.exceeded(command.limits),
            kill=lambda: _end(process, child),
            cancelled=cancelled,
        ).to_the_end()
        status = _status(ended.status)
        full = status != 0 and (status == -25 or box.meter.disk_full())  # 25: SIGXFSZ
        found = collect(box.work, command.collect, most_bytes=command.limits.workspace_mib * MIB)
        return CommandResult(
            exit_status=status,
            stdout=ended.stdout.text(),
            stderr=ended.stderr.text(),
            seconds=ended.seconds,
            exceeded=ended.exceeded or ("disk" if full or found.cut else ""),
            collected=tuple(found.files.items()),
        )

    def _start(
        self, command: Command, identity: _Identity, stack: ExitStack
    ) -> tuple["subprocess.Popen[bytes]", int]:
        """Start a box and wait until it stands: the process and a handle on the box's first process."""
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        with ExitStack() as inherited:
            inherited.callback(os.close, writer)
            fixed = (*self._arguments(command, identity), *_launch(command, identity))
            arguments = list(_resolved(fixed, inherited, handles := [writer]))
            process = self._popen(["--info-fd", str(writer), *arguments], handles, command)
        stack.callback(_close_pipes, process)
        if not _ready(process):
            process.kill()
            _, errors = process.communicate()
            raise SandboxUnavailable(
                f"bubblewrap could not set up a sandbox: {errors.decode('utf-8', 'replace').strip()[-500:]}",
                remedy="Run `makery doctor` to see what this machine lacks.",
            )
        child = os.pidfd_open(json.loads(os.read(reader, 4096))["child-pid"])
        stack.callback(os.close, child)
        return process, child

    def _popen(self, arguments: list[str], handles: list[int], command: Command) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                [self._path, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(self._interpreter) | dict(command.environment),
                pass_fds=handles,
                cwd="/",
            )
        except OSError as error:
            raise SandboxUnavailable(f"{self._executable!r} cannot be started: {error.strerror}.") from error

    @cached_property
    def _path(self) -> str:
        found = shutil.which(self._executable)
        if found is None:
            raise SandboxUnavailable(
                f"bubblewrap ({self._executable!r}) is not installed.",
                remedy="Install the package `bubblewrap` of your distribution.",
            )
        return found

    @cached_property
    def _interpreter(self) -> Interpreter:
        return Interpreter.running()

    @cached_property
    def _has_size(self) -> bool:
        """Bubblewrap before 0.7 cannot bound a file system; the meter still does."""
        told = subprocess.run([self._path, "--help"], capture_output=True, text=True, check=False, env={})
        return "--size" in told.stdout

    def _arguments(self, command: Command, identity: _Identity) -> Iterator[Argument]:
        size = ("--size", str(command.limits.workspace_mib * MIB)) if self._has_size else ()
        yield from ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
        yield from ("--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
        yield from () if command.network else ("--unshare-net",)
        if identity.dropped:
            yield from ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
        else:
            yield from ("--unshare-user", "--uid", str(identity.user), "--gid", str(identity.user))
        yield from system_arguments(identity.user, network=command.network)
        yield from self._interpreter.arguments()
        yield from ("--proc", "/proc")
        for name in _SENSITIVE:
            yield from ("--ro-bind-try", f"/proc/{name}", f"/proc/{name}")
        yield from ("--dev", "/dev", "--perms", "1777", *size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev")  # noqa: S108
        yield from ("--perms", "1777", *size, "--tmpfs", "/tmp", "--perms", "0700", *size, "--tmpfs", WORK)  # noqa: S108
        for mount in command.mounts:
            kind = "--bind" if mount.writable else "--ro-bind"
            yield from folders_above(mount.target)
            yield from (kind, str(mount.source.resolve()), mount.target)
        yield from ("--remount-ro", "/", "--chdir", WORK)


class _Box:
    """Handles on a standing box, valid after its end, too."""

    def __init__(self, child: int, stack: ExitStack) -> None:
        root = f"/proc/{_process_id(child)}/root"
        self.work, self.temporary, shared, processes = (
            _folder(f"{root}{path}", stack)
            for path in (WORK, "/tmp", "/dev/shm", "/proc")  # noqa: S108
        )
        self.meter = Meter(processes, (self.work, self.temporary, shared), overhead=_OVERHEAD)

    def fill(self, command: Command, identity: _Identity) -> None:
        """Put the command's files in, for its user.

        Raises:
            OSError: they do not fit.
        """
        name = HOME.rpartition("/")[2]
        os.mkdir(name, 0o700, dir_fd=self.temporary)
        if identity.owner is not None:
            os.chown(name, identity.owner, identity.owner, dir_fd=self.temporary)
            os.fchown(self.work, identity.owner, identity.owner)
        place(self.work, command.files, owner=identity.owner)


def _validate(command: Command) -> None:
    for path, _ in command.files:
        parts_of(path)
    for pattern in command.collect:
        parts_of(pattern)
    if not command.argv or any("\0" in word for word in command.argv):
        raise InputError("A command needs a program to run, and no NUL characters.")
    for mount in command.mounts:
        if (
            not mount.target.startswith("/")
            or ".." in mount.target.split("/")
            or mount.target.strip("/") == ""
        ):
            raise InputError(f"The mount target {mount.target!r} is not an absolute path inside the sandbox.")
        if not mount.source.exists():
            raise InputError(f"The folder {str(mount.source)!r}, to be mounted, does not exist.")


def _identity(command: Command) -> _Identity:
    if (
        os.geteuid() == 0
        and _may_be_anyone()
        and all(_open_to_others(m.source, m.writable) for m in command.mounts)
    ):
        return _Identity(user=1_000_000_000 + secrets.randbelow(1_000_000_000), dropped=True)
    return _Identity(user=1000, dropped=False)


def _may_be_anyone() -> bool:
    """Whether every user id exists here: not so in a container that is a user namespace itself."""
    return Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]


def _open_to_others(path: Path, writable: bool) -> bool:
    mode = path.stat().st_mode
    needed = (0o5 if path.is_dir() else 0o4) | (0o2 if writable else 0)
    return mode & needed == needed


def _launch(command: Command, identity: _Identity) -> Iterator[Argument]:
    forbidden = seccomp_filter(platform.machine())
    if forbidden:
        yield "--seccomp"
        yield Data(forbidden, target="")
    yield from ("--", "/bin/sh", "-c", _LAUNCH, "sh", "nice", "-n", "10")
    if identity.dropped:
        yield from ("setpriv", "--reuid", str(identity.user), "--regid", str(identity.user), "--clear-groups")
        yield from ("--inh-caps=-all", "--")
    yield from ("prlimit", *_resource_limits(command.limits, identity), "--", *command.argv)


def _resource_limits(limits: CommandLimits, identity: _Identity) -> Iterator[str]:
    """What the kernel enforces for each process; the meter watches the sums."""
    yield f"--cpu={math.ceil(limits.seconds) * (os.cpu_count() or 1) + 1}"
    yield f"--fsize={limits.file_mib * MIB}"
    # Twice the limit: growth is seen and named by the meter, a single absurd allocation fails at once.
    yield f"--data={(2 * limits.memory_mib + 256) * MIB}"
    yield "--nofile=1024:4096"
    yield "--core=0"
    if identity.dropped or _counts_processes_by_namespace():
        yield f"--nproc={limits.processes * 16}"  # threads count, too


def _counts_processes_by_namespace() -> bool:
    """Since Linux 5.14; before, all processes of our user would count."""
    major, minor, *_ = platform.release().split(".")
    return (int(major), int(minor.split("-")[0])) >= (5, 14)


def _resolved(arguments: tuple[Argument, ...], inherited: ExitStack, handles: list[int]) -> Iterator[str]:
    """Command-line words; small files become pipes, already filled, that bubblewrap reads."""
    for argument in arguments:
        if isinstance(argument, str):
            yield argument
            continue
        reader, writer = os.pipe()
        inherited.callback(os.close, reader)
        handles.append(reader)
        os.write(writer, argument.content)
        os.close(writer)
        if argument.target:
            yield from ("--perms", argument.permissions, "--ro-bind-data", str(reader), argument.target)
        else:
            yield str(reader)


def _ready(process: "subprocess.Popen[bytes]") -> bool:
    readable, _, _ = select.select([process.stdout], [], [], _START)
    return bool(readable) and process.stdout is not None and os.read(process.stdout.fileno(), 1) == b"\n"


def _folder(path: str, stack: ExitStack) -> int:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, handle)
    return handle


def _process_id(handle: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise SandboxUnavailable("The sandbox ended while it was being set up.")


def _end(process: "subprocess.Popen[bytes]", child: int) -> None:
    """Kill the first process of the box, with which the kernel ends all others, and wait for bubblewrap."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(child, signal.SIGKILL)
    process.wait()


def _close_pipes(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _status(code: int) -> int:
    """Bubblewrap tells a signal as 128 + its number, as shells do."""
    return 128 - code if 128 < code <= 192 else code
