"""The kernel's part of the seal: a network namespace with only its own loopback, and a filter of system calls.

See man 2 unshare, man 7 user_namespaces, man 2 seccomp and man 2 seccomp_unotify. The numbers come from the kernel's
tables for the two architectures. The module can be imported on any system; its functions need Linux.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import signal
import socket
import struct

__all__ = [
    "NAMESPACE_DOMAINS",
    "NETLINK",
    "SystemCalls",
    "die_with_parent",
    "filter_system_calls",
    "hide_memory",
    "loopback_up",
    "new_network",
    "supports_filter",
    "system_calls",
]

CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SECCOMP_SET_MODE_FILTER, NEW_LISTENER, WAIT_KILLABLE_RECV = 1, 8, 32
KILL, ERRNO, NOTIFY, ALLOW = 0x80000000, 0x00050000, 0x7FC00000, 0x7FFF0000
# BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_ALU|AND|K, BPF_RET|K
LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NETLINK = 16  # AF_NETLINK, a name that Python knows on Linux only
NAMESPACE_DOMAINS = (int(socket.AF_INET), int(socket.AF_INET6), NETLINK)  # end at the namespace's own loopback
# Ways around a closed network: another namespace, another process's descriptors or memory, calls that no filter sees,
# and keys: other processes of the user read them, and the kernel starts a program for them that resolves names.
CLOSED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "setns", "io_uring_setup", "pidfd_getfd",
    "add_key", "request_key", "keyctl", "bpf", "perf_event_open", "acct",
)  # fmt: skip
SHARED = ("msgget", "semget", "shmget", "mq_open")  # closed if no namespace separates them
SystemCalls = dict[str, int]
_EVERYWHERE = {"io_uring_setup": 425, "pidfd_getfd": 438}
_TABLES: dict[str, tuple[int, SystemCalls]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "connect": 42, "sendto": 44, "socketpair": 53, "ioctl": 16, "seccomp": 317, "ptrace": 101,
            "process_vm_readv": 310, "process_vm_writev": 311, "setns": 308, "add_key": 248, "request_key": 249,
            "keyctl": 250, "bpf": 321, "perf_event_open": 298, "acct": 163, "msgget": 68, "semget": 64, "shmget": 29,
            "mq_open": 240, **_EVERYWHERE,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198, "connect": 203, "sendto": 206, "socketpair": 199, "ioctl": 29, "seccomp": 277, "ptrace": 117,
            "process_vm_readv": 270, "process_vm_writev": 271, "setns": 268, "add_key": 217, "request_key": 218,
            "keyctl": 219, "bpf": 280, "perf_event_open": 241, "acct": 89, "msgget": 186, "semget": 190, "shmget": 194,
            "mq_open": 180, **_EVERYWHERE,
        },
    ),
}  # fmt: skip
PUSHING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: they type into the terminal outside


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def new_network() -> None:
    """Enter new namespaces of users, of the network, and of shared memory and queues.

    Raises OSError if the kernel does not allow it, or if this process already has other threads.
    """
    if len(os.listdir("/proc/self/task")) > 1:  # a thread keeps the network that it started with
        raise OSError(errno.EINVAL, "threads were started before the seal")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def hide_memory() -> None:
    """Hide the memory and descriptors of this process (/proc/PID/mem) from other processes of the same user."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent() -> None:
    """End when the parent process ends: without it, nobody answers the filter."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def loopback_up() -> None:
    """Bring up the loopback of the new namespace."""
    import fcntl  # not on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        flags = 0x1 | 0x40  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh14x", b"lo", flags))  # SIOCSIFFLAGS


def supports_filter() -> bool:
    """Whether this is Linux on an architecture whose numbers this module knows."""
    return platform.machine() in _TABLES and platform.system() == "Linux"


def system_calls() -> SystemCalls:
    """The numbers of the system calls that a seal restricts, by name."""
    return _TABLES[platform.machine()][1]


def filter_system_calls(domains: tuple[int, ...], watched: bool = False) -> int | None:
    """Allow only sockets of ``domains`` from here on, in this process and in everything that it starts.

    With ``watched``, returns the descriptor from which a monitor reads what the filter denies; until a monitor answers,
    a denied call waits. Returns None if the kernel cannot resume such a call (before Linux 5.5) or another filter owns
    the descriptor: the calls are denied all the same, but nobody learns of them. Raises OSError if the kernel has no
    filter.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Killable: once the launcher has the question, a signal does not interrupt the call (from Linux 5.19).
    asking = [(NOTIFY, NEW_LISTENER | WAIT_KILLABLE_RECV), (NOTIFY, NEW_LISTENER)] if watched and _can_resume() else []
    for denied, flags in (*asking, (ERRNO | errno.EACCES, 0)):
        rows = _rows(domains, denied)
        program = _Program(len(rows), (_Instruction * len(rows))(*(_Instruction(*row) for row in rows)))
        found = libc.syscall(system_calls()["seccomp"], SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(program))
        if found >= 0:
            return int(found) if flags else None
    code = ctypes.get_errno()
    raise OSError(code, os.strerror(code))


def _can_resume() -> bool:
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return found is not None and (int(found[1]), int(found[2])) >= (5, 5)


def _rows(domains: tuple[int, ...], denied: int) -> list[tuple[int, int, int, int]]:
    """The filter as instructions; offsets into struct seccomp_data: number 0, architecture 4, arguments from 16."""
    architecture, calls = _TABLES[platform.machine()]
    rows: list[tuple[int, int, int, int]] = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL)]
    rows.append((LOAD, 0, 0, 0))
    rows += [
        (AT_LEAST, 0, 1, 0x40000000),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
    ]  # x32: other numbers for the same calls
    for name in (*CLOSED, *(() if domains else SHARED)):
        rows += [(EQUAL, 0, 1, calls[name]), (RETURN, 0, 0, denied)]
    # A pair of datagram sockets (or "raw" ones) may send to any path; a pair of stream sockets stays connected.
    rows += [(EQUAL, 0, 7, calls["socketpair"]), (LOAD, 0, 0, 24), (AND, 0, 0, 0xF)]
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        rows += [(EQUAL, 0, 1, kind), (RETURN, 0, 0, ALLOW)]
    rows.append((RETURN, 0, 0, denied))
    rows += [(EQUAL, 0, 6, calls["ioctl"]), (LOAD, 0, 0, 24)]
    for request in PUSHING:
        rows += [(EQUAL, 0, 1, request), (RETURN, 0, 0, denied)]
    rows.append((RETURN, 0, 0, ALLOW))
    if denied == NOTIFY:  # these calls go on and end in the namespace; only their destination matters
        rows += [(EQUAL, 0, 1, calls["connect"]), (RETURN, 0, 0, NOTIFY)]
        rows += [(EQUAL, 0, 6, calls["sendto"]), (LOAD, 0, 0, 48), (EQUAL, 0, 3, 0), (LOAD, 0, 0, 52), (EQUAL, 0, 1, 0)]
        rows += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, NOTIFY)]  # without an address: a send on a connection
    rows += [(EQUAL, 1, 0, calls["socket"]), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 16)]  # the first argument: the domain
    for domain in domains:
        rows += [(EQUAL, 0, 1, int(domain)), (RETURN, 0, 0, ALLOW)]
    rows.append((RETURN, 0, 0, denied))
    return rows
