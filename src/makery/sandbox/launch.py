"""How a command becomes a process of a box: as whom, within which limits of the kernel, how it starts."""

import math
import os
import platform
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from makery.kernel.ports import Command, CommandLimits
from makery.sandbox.meter import MIB
from makery.sandbox.seccomp import seccomp_filter
from makery.sandbox.system import Argument, Data

_LAUNCH = 'echo 1000 > /proc/self/oom_score_adj; echo; read -r _; exec "$@"'
"""Say that the box stands, wait for the files, become the command; be the first to go if memory runs out."""


@dataclass(frozen=True)
class Identity:
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


def identity_for(command: Command) -> Identity:
    """Somebody else if that is in our power, and if they can read what the command mounts."""
    if (
        os.geteuid() == 0
        and _may_be_anyone()
        and all(_open_to_others(m.source, m.writable) for m in command.mounts)
    ):
        return Identity(user=1_000_000_000 + secrets.randbelow(1_000_000_000), dropped=True)
    return Identity(user=1000, dropped=False)


def _may_be_anyone() -> bool:
    """Whether every user id exists here: not so in a container that is a user namespace itself."""
    return Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]


def _open_to_others(path: Path, writable: bool) -> bool:
    mode = path.stat().st_mode
    needed = (0o5 if path.is_dir() else 0o4) | (0o2 if writable else 0)
    return mode & needed == needed


def launch_words(command: Command, variables: Mapping[str, str], identity: Identity) -> Iterator[Argument]:
    """The end of bubblewrap's command line; variables come last, so that they lead no earlier step astray."""
    forbidden = seccomp_filter(platform.machine())
    if forbidden:
        yield "--seccomp"
        yield Data(forbidden, target="")
    yield from ("--", "/bin/sh", "-c", _LAUNCH, "sh", "nice", "-n", "10")
    if identity.dropped:
        yield from ("setpriv", "--reuid", str(identity.user), "--regid", str(identity.user), "--clear-groups")
        yield from ("--inh-caps=-all", "--")
    yield from ("prlimit", *_resource_limits(command.limits, identity), "--")
    yield from ("env", *(f"{name}={value}" for name, value in variables.items()), *command.argv)


def _resource_limits(limits: CommandLimits, identity: Identity) -> Iterator[str]:
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


def resolved(arguments: tuple[Argument, ...], inherited: ExitStack, handles: list[int]) -> Iterator[str]:
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
