"""The system calls that a boxed program may not make, as a filter program for bubblewrap's `--seccomp`.

Namespaces bound what a program sees; this bounds what it can ask of the kernel: no namespaces or mounts of
its own, no keyring (it is not namespaced), no tracing, no memory out of sight, no exotic sockets.
Numbers: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`.
"""

import errno
import socket
import struct
from dataclasses import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_NEW_NAMESPACE = 0x7E020000
"""All `CLONE_NEW…` flags of clone(2)."""
_FOREIGN_NUMBERS = 0x40000000
"""The x32 calling convention on x86-64."""
_SOCKETS = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)  # 16: AF_NETLINK, which lists interfaces


@dataclass(frozen=True)
class _Machine:
    audit: int
    clone: int
    socket: int
    forbidden: tuple[int, ...]
    """Refused with EPERM."""
    absent: tuple[int, ...]
    """Refused with ENOSYS, so that libraries take their older way."""


_COMMON = (428, 429, 430, 431, 432, 433, 442)  # open_tree … mount_setattr
_COMMON_ABSENT = (425, 426, 427, 435, 447)  # io_uring_*, clone3, memfd_secret
_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        socket=41,
        # unshare setns mount umount2 pivot_root chroot ptrace process_vm_* add_key request_key keyctl bpf
        # perf_event_open userfaultfd name_to_handle_at open_by_handle_at kexec_* syslog
        forbidden=(
            272,
            308,
            165,
            166,
            155,
            161,
            101,
            310,
            311,
            248,
            249,
            250,
            321,
            298,
            323,
            303,
            304,
            246,
            320,
            103,
            *_COMMON,
        ),
        absent=(319, 29, *_COMMON_ABSENT),  # memfd_create shmget
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        socket=198,
        forbidden=(
            97,
            268,
            40,
            39,
            41,
            51,
            117,
            270,
            271,
            217,
            218,
            219,
            280,
            241,
            282,
            264,
            265,
            104,
            294,
            116,
            *_COMMON,
        ),
        absent=(279, 194, *_COMMON_ABSENT),
    ),
}


def seccomp_filter(machine: str) -> bytes:
    """The filter for a machine as `uname -m` names it; empty where its system calls are not known here."""
    known = _MACHINES.get(machine)
    if known is None:
        return b""
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, known.audit),
        _refuse(errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _FOREIGN_NUMBERS),
        _refuse(errno.ENOSYS),
    ]
    for number in known.forbidden:
        program += [(_EQUAL, 0, 1, number), _refuse(errno.EPERM)]
    for number in known.absent:
        program += [(_EQUAL, 0, 1, number), _refuse(errno.ENOSYS)]
    program += [
        (_EQUAL, 0, 4, known.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACE),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
        *_socket_families(known.socket),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _socket_families(number: int) -> list[tuple[int, int, int, int]]:
    tests = [(_EQUAL, len(_SOCKETS) - index, 0, int(family)) for index, family in enumerate(_SOCKETS)]
    return [
        (_EQUAL, 0, len(tests) + 2, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *tests,
        _refuse(errno.EAFNOSUPPORT),
    ]


def _refuse(number: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERRNO | number)
