"""Runs commands in containers of a Docker engine, through its command line.

A container is started with everything locked, files go in and come out as tar streams, and the command is
executed in it under watch. The tests run against a stand-in `docker` executable, because no engine was at
hand: it records what it is asked for and answers with the engine's exit statuses
(docker run: 125 the engine failed, 126 not executable, 127 not found, 128 + n ended by signal n).
"""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Literal

from makery.kernel.errors import InputError, SandboxUnavailable
from makery.kernel.ports import Command, CommandLimits, CommandResult
from makery.sandbox.files import Collection, collect, parts_of
from makery.sandbox.meter import MIB
from makery.sandbox.struck import unless_struck
from makery.sandbox.supervise import Ended, Supervision, in_own_thread
from makery.sandbox.system import HOME, WORK
from makery.sandbox.validate import validate

IMAGE = "makery-sandbox"
"""Built from `sandbox.Dockerfile` beside this module."""
_NOBODY = 65534
_PATIENCE = 60.0
"""Seconds that the engine may take for one request of ours."""
_GRACE = 2.0
"""Seconds between the end of the command in its container and that of the client which watches it."""
_VARIABLES = {
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


class DockerSandbox:
    """A `Sandbox` of containers: no network, read-only system, no capabilities, bounded in everything.

    Args:
        executable: docker's path or name; podman understands the same words.
        image: has `python3`, pytest and what else commands call.
    """

    name = "docker"

    def __init__(self, *, executable: str = "docker", image: str = IMAGE) -> None:
        self._executable = executable
        self._image = image

    def probe(self) -> None:
        """See that an engine answers and has the image.

        Raises:
            SandboxUnavailable: docker, its engine or the image is missing; says which.
        """
        if self._docker("version", "--format", "{{.Server.Version}}").returncode != 0:
            raise SandboxUnavailable(
                "No Docker engine answers.", remedy="Start it: `sudo systemctl start docker`."
            )
        if self._docker("image", "inspect", self._image).returncode != 0:
            recipe = Path(__file__).with_name("sandbox.Dockerfile")
            raise SandboxUnavailable(
                f"Docker has no image {self._image!r}.",
                remedy=f"Build it: `docker build -t {self._image} - < {recipe}`.",
            )

    async def run(self, command: Command, /) -> CommandResult:
        """Run one command in a fresh container and remove it.

        Raises:
            SandboxUnavailable: the engine does not start a container.
            InputError: a file, mount or collected path would leave its place.
        """
        validate(command)
        return await in_own_thread(lambda cancelled: unless_struck(lambda: self._run(command, cancelled)))

    def _run(self, command: Command, cancelled: threading.Event) -> CommandResult:
        with ExitStack() as stack:
            container = self._started(command)
            stack.callback(self._docker, "rm", "--force", container)
            packed = self._docker(
                "exec", "--interactive", container, "tar", "-x", "-C", WORK, stdin=_packed(command)
            )
            if packed.returncode != 0:
                return CommandResult(
                    exit_status=-9, stdout="", stderr=_text(packed.stderr), seconds=0.0, exceeded="disk"
                )
            ended = self._executed(command, container, cancelled, stack)
            found = self._collected(command, container)
            exceeded = (
                ended.exceeded or self._blamed(container, ended.status) or ("disk" if found.cut else "")
            )
        status = ended.status
        return CommandResult(
            exit_status=128 - status if 128 < status <= 192 else status,
            stdout=ended.stdout.text(),
            stderr=ended.stderr.text(),
            seconds=ended.seconds,
            exceeded=exceeded,
            collected=tuple(found.files.items()),
        )

    def _started(self, command: Command) -> str:
        """The id of a container that sleeps longer than the command may run."""
        lifetime = str(int(command.limits.seconds + 4 * _PATIENCE))
        started = self._docker("run", "--detach", *_locks(command), self._image, "sleep", lifetime)
        if started.returncode != 0:
            raise SandboxUnavailable(
                f"Docker does not start a container: {_text(started.stderr)[-500:]}",
                remedy="Run `makery doctor` to see what this machine lacks.",
            )
        return _text(started.stdout).strip()

    def _executed(
        self, command: Command, container: str, cancelled: threading.Event, stack: ExitStack
    ) -> Ended:
        variables = [
            f"--env={name}={value}" for name, value in {**_VARIABLES, **dict(command.environment)}.items()
        ]
        words = ["exec", "--interactive", "--workdir", WORK, *variables, container, "nice", "-n", "10"]
        process = subprocess.Popen(
            [self._path(), *words, *command.argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stack.push(stream.__exit__)

        def kill() -> None:
            """End all that the command started; the container's own first process is immune to that."""
            if self._docker("exec", container, "sh", "-c", "kill -9 -1").returncode in (125, 126):
                self._docker("kill", container)  # no room left for even one more process
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            process.kill()

        return Supervision(
            process,
            stdin=command.stdin.encode("utf-8", errors="surrogateescape"),
            limits=command.limits,
            check=lambda: "",
            kill=kill,
            cancelled=cancelled,
        ).to_the_end()

    def _collected(self, command: Command, container: str) -> Collection:
        """Unpack regular files only, into a folder of ours, and choose there: a link is never followed."""
        room = command.limits.workspace_mib * MIB
        if not command.collect:
            return Collection(room)
        told = self._docker("exec", container, "tar", "-c", "-f", "-", "-C", WORK, ".")
        with tempfile.TemporaryDirectory(prefix="makery-docker-") as folder:
            if told.stdout:
                _unpack(told.stdout, Path(folder), room)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                return collect(handle, command.collect, most_bytes=room)
            finally:
                os.close(handle)

    def _blamed(self, container: str, status: int) -> Literal["", "memory", "disk"]:
        if status == 153:  # 128 + SIGXFSZ
            return "disk"
        if status != 137:
            return ""
        told = self._docker("inspect", "--format", "{{.State.OOMKilled}}", container)
        return "memory" if _text(told.stdout).strip() == "true" else ""

    def _docker(self, *words: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                [self._path(), *words], input=stdin, capture_output=True, check=False, timeout=_PATIENCE
            )
        except subprocess.TimeoutExpired as error:
            raise SandboxUnavailable(
                f"Docker does not answer `{words[0]}` within {_PATIENCE:.0f} s."
            ) from error

    def _path(self) -> str:
        found = shutil.which(self._executable)
        if found is None:
            raise SandboxUnavailable(f"Docker ({self._executable!r}) is not installed.")
        return found


def _locks(command: Command) -> list[str]:
    limits = command.limits
    mounts = [
        f"--mount=type=bind,source={m.source.resolve()},target={m.target}{'' if m.writable else ',readonly'}"
        for m in command.mounts
    ]
    return [
        *("--rm", "--network", "bridge" if command.network else "none", "--read-only"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{_NOBODY}:{_NOBODY}"),
        *("--hostname", "sandbox", "--ipc", "private", "--workdir", WORK),
        *_tmpfs(limits),
        *_bounds(limits),
        *mounts,
    ]


def _tmpfs(limits: CommandLimits) -> list[str]:
    size = f"size={limits.workspace_mib}m"
    return [
        *("--tmpfs", f"{WORK}:rw,exec,nosuid,nodev,{size},uid={_NOBODY},gid={_NOBODY},mode=0700"),
        *("--tmpfs", f"/tmp:rw,exec,nosuid,nodev,{size},mode=1777"),  # noqa: S108
        *("--shm-size", f"{limits.workspace_mib}m"),
    ]


def _bounds(limits: CommandLimits) -> list[str]:
    memory = f"{limits.memory_mib}m"
    return [
        *("--memory", memory, "--memory-swap", memory),
        *("--pids-limit", str(limits.processes * 4)),  # threads count, too
        *("--ulimit", f"fsize={limits.file_mib * MIB}", "--ulimit", "nofile=1024:4096", "--ulimit", "core=0"),
        *("--ulimit", f"cpu={int(limits.seconds * (os.cpu_count() or 1)) + 1}"),
    ]


def _packed(command: Command) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in command.files:
            data = content.encode("utf-8", errors="surrogateescape")
            member = tarfile.TarInfo(path)
            member.size, member.mode, member.uid, member.gid = len(data), 0o644, _NOBODY, _NOBODY
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def _unpack(archive: bytes, folder: Path, room: int) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as members, suppress(tarfile.ReadError):
        for member in members:
            content = members.extractfile(member) if member.isreg() else None
            if content is None or member.size > room:
                continue
            with suppress(InputError):
                target = folder.joinpath(*parts_of(member.name))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
