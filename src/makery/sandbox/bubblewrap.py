"""Runs commands in bubblewrap: namespaces, a read-only system, private file systems, a system call filter.

The workspace and the temporary folder are memory file systems of bounded size that exist only inside the box.
We hold open handles on them from outside, so that files can be put in before the command starts and brought
back after everything in the box is dead; when the handles close, nothing is left to clean up.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path

from makery.kernel.errors import SandboxUnavailable
from makery.kernel.ports import Command, CommandResult
from makery.sandbox.box import StandingBox
from makery.sandbox.files import collect, place
from makery.sandbox.launch import Identity, identity_for, launch_words, resolved
from makery.sandbox.meter import MIB, Meter
from makery.sandbox.struck import Struck, unless_struck
from makery.sandbox.supervise import Cancelled, Supervision, in_own_thread
from makery.sandbox.system import (
    HOME,
    PYTHON,
    WORK,
    Argument,
    Interpreter,
    environment,
    folders_above,
    system_arguments,
)
from makery.sandbox.validate import validate

_OVERHEAD = 1
"""Processes of the box that are ours: bubblewrap's own first process."""
_START = 15.0
"""Seconds that setting up a box may take on a busy machine."""
_SENSITIVE = ("sys", "sysrq-trigger", "irq", "bus", "mtrr", "fs", "acpi", "scsi")
"""Below /proc: root's identity alone, without a capability, can write some of these."""


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
        validate(command)
        return await in_own_thread(lambda cancelled: self._when_free(command, cancelled))

    def probe(self) -> None:
        """Run a command that does nothing, to see that boxes work here.

        Raises:
            SandboxUnavailable: they do not; says why.
        """
        result = unless_struck(lambda: self._run(Command(argv=(PYTHON, "-c", "")), threading.Event()))
        if result.exit_status != 0:
            raise SandboxUnavailable(f"Python does not start in bubblewrap: {result.stderr.strip()[-500:]}")

    def stand(self, command: Command, stack: ExitStack) -> StandingBox:
        """See `OpensBoxes.stand`. It takes none of the places of commands that run to their end.

        Raises:
            SandboxUnavailable: as `run`.
        """
        validate(command)
        identity = identity_for(command)
        process, child = self._start(command, identity, stack)
        stack.callback(_end, process, child)
        with _still_standing():
            box = _Box(child, stack)
        box.fill(command, identity)
        if process.stdin is not None:
            process.stdin.write(b"\n")
            process.stdin.flush()
        return StandingBox(
            process=process,
            work=box.work,
            owner=identity.owner,
            exceeded=lambda: box.meter.exceeded(command.limits),
            end=lambda: _end(process, child),
        )

    def _when_free(self, command: Command, cancelled: threading.Event) -> CommandResult:
        while not self._slots.acquire(timeout=0.05):
            if cancelled.is_set():
                raise Cancelled
        try:
            return unless_struck(lambda: self._run(command, cancelled))
        finally:
            self._slots.release()

    def _run(self, command: Command, cancelled: threading.Event) -> CommandResult:
        with ExitStack() as stack:
            return self._boxed(command, cancelled, stack)

    def _boxed(self, command: Command, cancelled: threading.Event, stack: ExitStack) -> CommandResult:
        identity = identity_for(command)
        process, child = self._start(command, identity, stack)
        stack.callback(_end, process, child)
        with _still_standing():
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
        if ended.status < 0 and not ended.exceeded:
            raise Struck("The sandbox was killed from outside while its command was running.")
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
        self, command: Command, identity: Identity, stack: ExitStack
    ) -> tuple["subprocess.Popen[bytes]", int]:
        """Start a box and wait until it stands: the process and a handle on the box's first process."""
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        with ExitStack() as inherited:
            inherited.callback(os.close, writer)
            variables = environment(self._interpreter) | dict(command.environment)
            words = launch_words(command, variables, identity)
            fixed = (*self._arguments(command, identity), *words)
            arguments = list(resolved(fixed, inherited, handles := [writer]))
            process = self._popen(["--info-fd", str(writer), *arguments], handles)
        stack.callback(_close_pipes, process)
        if not _ready(process):
            _kill_all(process)
            _, errors = process.communicate()
            if process.returncode < 0:  # it had not failed by itself: killed, or too slow on a busy machine
                raise Struck("The sandbox ended while it was being set up.")
            raise SandboxUnavailable(
                f"bubblewrap could not set up a sandbox: {errors.decode('utf-8', 'replace').strip()[-500:]}",
                remedy="Run `makery doctor` to see what this machine lacks.",
            )
        with _still_standing():
            child = os.pidfd_open(json.loads(os.read(reader, 4096))["child-pid"])
        stack.callback(os.close, child)
        return process, child

    def _popen(self, arguments: list[str], handles: list[int]) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                [self._path, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
                pass_fds=handles,
                cwd="/",
                start_new_session=True,  # Ctrl-C is ours to handle: it must not look like the command's end
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

    def _arguments(self, command: Command, identity: Identity) -> Iterator[Argument]:
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

    def fill(self, command: Command, identity: Identity) -> None:
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


def _kill_all(process: "subprocess.Popen[bytes]") -> None:
    """End a box that does not stand yet: where its outer process was killed, the inner one waits for ever."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _ready(process: "subprocess.Popen[bytes]") -> bool:
    if process.stdout is None:
        return False
    readable, _, _ = select.select([process.stdout], [], [], _START)
    return bool(readable) and os.read(process.stdout.fileno(), 1) == b"\n"


def _folder(path: str, stack: ExitStack) -> int:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, handle)
    return handle


def _process_id(handle: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise ProcessLookupError(handle)


@contextmanager
def _still_standing() -> Iterator[None]:
    """What fails in it fails because the box is gone."""
    try:
        yield
    except OSError as error:
        raise Struck("The sandbox ended while it was being set up.") from error


def _end(process: "subprocess.Popen[bytes]", child: int) -> None:
    """Kill the first process of the box and return when the kernel has ended all others with it."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(child, signal.SIGKILL)
    process.wait()
    select.select([child], [], [], _START)


def _close_pipes(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _status(code: int) -> int:
    """Bubblewrap tells a signal as 128 + its number, as shells do."""
    return 128 - code if 128 < code <= 192 else code
