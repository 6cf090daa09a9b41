"""The kernel's own files: Landlock keeps a sealed process from writing to them, even as root.

It also denies mounts, and signals to processes outside. /proc/sys/kernel/core_pattern, for one, names a program that
the kernel starts outside of every seal. See man 7 landlock; the numbers come from the kernel's linux/landlock.h and are
the same on all architectures.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path

__all__ = ["close_kernel_files", "kernel_files_open"]

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1
SCOPES, SCOPES_VERSION = 3, 6  # abstract unix sockets and signals stay inside; Linux 6.12
LEAST_VERSION = 3  # Linux 6.2; earlier versions cannot allow moving a file to another folder, or truncating one
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
# remove directory and file; make directory, file, socket, FIFO and link (no device); move to another directory
_OF_FOLDERS = sum(1 << bit for bit in (4, 5, 7, 8, 9, 10, 12, 13))
_DEVICES = 1 << 6 | 1 << 11
KERNEL = {"proc", "sys", "dev"}
# Programs write to these below /dev: terminals, shared memory, graphics processors and accelerators.
FOLDERS = ("shm", "pts", "mqueue", "dri", "accel")
FILES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "kfd")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def close_kernel_files() -> bool:
    """Deny writing below /proc, /sys and /dev (except terminals, memory, processors), mounts, and signals out.

    This holds from here on, for this process and for everything that it starts. Returns False if the kernel cannot do
    it. The process must already have renounced new privileges (PR_SET_NO_NEW_PRIVS).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)
    if version < LEAST_VERSION:
        return False
    scoped = version >= SCOPES_VERSION
    attributes = _Ruleset(WRITE_FILE | TRUNCATE | _OF_FOLDERS | _DEVICES, 0, SCOPES if scoped else 0)
    known = ctypes.sizeof(attributes) if scoped else ctypes.sizeof(ctypes.c_uint64)
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(known), 0)
    if ruleset < 0:
        return False
    try:
        for path in _writable():
            with suppress(OSError):  # it is gone or invisible, and so cannot be written either
                _allow(libc, ruleset, path)
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _writable() -> list[Path]:
    device = Path("/dev")
    everywhere = [Path("/") / name for name in os.listdir("/") if name not in KERNEL]
    processors = [path for pattern in ("nvidia*", "nvmap", "nvhost*", "dxg") for path in device.glob(pattern)]
    return [*everywhere, *(device / name for name in (*FOLDERS, *FILES)), *processors]


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    of_folder = _OF_FOLDERS if path.is_dir() else 0
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(WRITE_FILE | TRUNCATE | of_folder, descriptor)
        if libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0) != 0:
            raise OSError(ctypes.get_errno(), str(path))
    finally:
        os.close(descriptor)


def kernel_files_open() -> bool:
    """Whether this process can write to files of the kernel. Writes nothing."""
    try:
        os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    except OSError:
        return False
    return True
