"""What a box uses right now, read from outside through handles that its inmates cannot close.

Address-space limits break Chromium and Node (they reserve far more than they touch), and control groups are
rarely writable for a plain user; so memory is what the processes of the box hold, summed by the watcher.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from makery.kernel.ports import CommandLimits
from makery.sandbox.supervise import Exceeded

MIB = 1024 * 1024
MOST_INODES = 200_000
"""Empty files use kernel memory that no size limit counts."""
_RSS = re.compile(rb"^Rss(?:Anon|Shmem):\s+(\d+) kB$", re.MULTILINE)
_PSS = re.compile(rb"^Pss_(?:Anon|Shmem):\s+(\d+) kB$", re.MULTILINE)


class Meter:
    """Counts processes, memory and disk of one box.

    Args:
        processes: an open `/proc` of the box's own process namespace.
        disks: open folders, one on each file system that the box can write.
        overhead: processes of the box that are ours.
    """

    def __init__(self, processes: int, disks: tuple[int, ...], *, overhead: int) -> None:
        self._processes = processes
        self._disks = disks
        self._overhead = overhead

    def exceeded(self, limits: CommandLimits) -> Exceeded:
        """The limit that is exceeded now, or ''."""
        inside = self._inside()
        if len(inside) - self._overhead > limits.processes:
            return "processes"
        if self._exceeds_memory(inside, limits.memory_mib * 1024):
            return "memory"
        return "disk" if self.disk_used() > limits.workspace_mib * MIB or self._inodes() > MOST_INODES else ""

    def disk_used(self) -> int:
        """Bytes written on all file systems of the box."""
        return sum((s.f_blocks - s.f_bfree) * s.f_frsize for s in map(os.fstatvfs, self._disks))

    def disk_full(self) -> bool:
        """Whether one of them has no room left."""
        return any(s.f_blocks and s.f_bfree * s.f_frsize < 64 * 1024 for s in map(os.fstatvfs, self._disks))

    def _inodes(self) -> int:
        return sum(s.f_files - s.f_ffree for s in map(os.fstatvfs, self._disks))

    def _inside(self) -> list[str]:
        with suppress(OSError):  # the box has just ended
            names = os.listdir(self._processes)  # noqa: PTH208
            return [name for name in names if name.isdigit()]
        return []

    def _exceeds_memory(self, inside: list[str], limit_kib: int) -> bool:
        """Resident memory first: cheap, but shared pages count often; then the proportional share."""
        if sum(self._sum(inside, "status", _RSS)) <= limit_kib:
            return False
        return sum(self._sum(inside, "smaps_rollup", _PSS)) > limit_kib

    def _sum(self, inside: list[str], name: str, pattern: re.Pattern[bytes]) -> Iterator[int]:
        for process in inside:
            with suppress(OSError):  # it has just ended
                handle = os.open(f"{process}/{name}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._processes)
                with os.fdopen(handle, "rb") as stream:
                    yield sum(map(int, pattern.findall(stream.read())))
