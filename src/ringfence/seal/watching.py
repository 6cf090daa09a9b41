"""Who tried what: the filter of a sealed process asks the launcher about each call that it does not allow.

man 2 seccomp_unotify. The answer is always no, but for connections and datagrams, which may go on: they end in a namespace
that leads nowhere, and only where they were to go is of interest. The launcher writes what it was asked into a file in
memory, which the sealed process holds open for reading.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import ipaddress
import json
import os
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from .kernel import PUSHING, system_calls

__all__ = ["UNIX_SOCKET", "Attempts", "attempts_so_far", "mark_probes"]

NAME = "ringfence-attempts"
READER = 3  # the descriptor in the sealed process, behind the standard streams
RECEIVE, SEND, VALID = 0xC0502100, 0xC0182101, 0x40082102  # SECCOMP_IOCTL_NOTIF_*
CONTINUE = 1
NOTIFICATION = struct.Struct("=QIIiIQ6Q")  # id, pid, flags; number, architecture, instruction pointer, six arguments
ANSWER = struct.Struct("=QqiI")
MOST = 1000  # different attempts on record; of a program that tries every port of every address the rest is summed
# setns with no descriptor and one of these is no attempt: between them lie the probes that prove the seal.
PROBES_BEGIN, PROBES_END = 0x52460001, 0x52460002
UNIX_SOCKET = "a unix socket"  # its path is not known: already the socket is denied
_DOMAINS = {int(domain): domain.name for domain in socket.AddressFamily}


def mark_probes(begin: bool) -> None:
    """Tell the launcher that what follows is, or was, a probe of this process."""
    ctypes.CDLL(None).setns(-1, PROBES_BEGIN if begin else PROBES_END)


class Attempts:
    """What a sealed command tried, as the launcher hears of it."""

    def __init__(self) -> None:
        self._file = os.memfd_create(NAME, os.MFD_CLOEXEC)
        self._times: Counter[tuple[str, int]] = Counter()
        self._who: dict[int, dict[str, str]] = {}
        self._probing: set[int] = set()
        self._thread: threading.Thread | None = None

    def hand_over(self) -> None:
        """In the child, before it becomes the command: hold the file open for reading, and for nothing else."""
        reader = os.open(f"/proc/self/fd/{self._file}", os.O_RDONLY)
        os.dup2(reader, READER, inheritable=True)

    def watch(self, listener: int) -> None:
        """Answer what the filter asks from a thread, until every sealed process has ended."""
        self._thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
        self._thread.start()

    def finish(self) -> list[dict[str, Any]]:
        """All attempts; after the command has ended."""
        if self._thread:
            self._thread.join(timeout=1)  # what the command left running is watched on
        return _read(self._file)

    def _serve(self, listener: int) -> None:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            ((_, events),) = poll.poll()
            if not events & select.POLLIN:
                return
            asked = bytearray(NOTIFICATION.size)
            try:
                fcntl.ioctl(listener, RECEIVE, asked)
            except OSError:  # who asked was killed meanwhile
                continue
            number, process, _, call, _, _, *arguments = NOTIFICATION.unpack(asked)
            goes_on = call in (system_calls()["connect"], system_calls()["sendto"])
            with suppress(Exception):  # whatever cannot be read of a process, the answer stands
                self._note(process, call, arguments, partial(_valid, listener, number))
            answer = ANSWER.pack(number, 0, 0 if goes_on else -errno.EACCES, CONTINUE if goes_on else 0)
            with suppress(OSError):
                fcntl.ioctl(listener, SEND, answer)

    def _note(self, thread: int, call: int, arguments: list[int], still_there: Callable[[], bool]) -> None:
        calls = system_calls()
        process = _process_of(thread)
        if call == calls["setns"] and arguments[1] in (PROBES_BEGIN, PROBES_END):
            (self._probing.add if arguments[1] == PROBES_BEGIN else self._probing.discard)(process)
            return
        if process in self._probing:
            return
        what = _described(thread, call, arguments)
        if what is None or not still_there():
            return
        if (what, process) not in self._times and len(self._times) >= MOST:
            what, process = "other things", 0
        key = (what, process)
        self._times[key] += 1
        if (times := self._times[key]) & (times - 1) == 0:  # 1, 2, 4, ...: a flood is not written call by call
            who = self._who.setdefault(process, _named(process))
            line = {"what": what, "times_at_least": times, "process": process, **who}
            os.write(self._file, json.dumps(line).encode() + b"\n")


def attempts_so_far() -> list[dict[str, Any]] | None:
    """In the sealed process: what was denied so far and to which process, probes left out. None where nobody watches."""
    with suppress(OSError):
        if NAME in os.readlink(f"/proc/self/fd/{READER}"):
            return _read(READER)
    return None


def _read(file: int) -> list[dict[str, Any]]:
    """The last line on each attempt of each process."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for line in os.pread(file, os.fstat(file).st_size, 0).splitlines(keepends=True):
        if line.endswith(b"\n"):
            one = json.loads(line)
            found[one["what"], one["process"]] = one
    return list(found.values())


def _valid(listener: int, number: int) -> bool:
    try:
        fcntl.ioctl(listener, VALID, struct.pack("=Q", number))
    except OSError:
        return False
    return True


def _described(thread: int, call: int, arguments: list[int]) -> str | None:
    """What was tried, in words; None for what is no attempt to leave."""
    calls = system_calls()
    if call in (calls["connect"], calls["sendto"]):
        where, size = (arguments[1], arguments[2]) if call == calls["connect"] else (arguments[4], arguments[5])
        return _destination(_memory(thread, where, min(size & 0xFFFFFFFF, 128)))
    if call in (calls["socket"], calls["socketpair"]):
        domain = arguments[0] & 0xFFFFFFFF
        if call == calls["socketpair"]:
            return "a pair of datagram sockets"
        return UNIX_SOCKET if domain == socket.AF_UNIX else f"a socket of {_DOMAINS.get(domain, domain)}"
    if call == calls["ioctl"]:
        return "keystrokes into the terminal" if arguments[1] & 0xFFFFFFFF in PUSHING else "ioctl"
    return next(name for name, number in calls.items() if number == call)


def _destination(address: bytes) -> str | None:
    """Where a socket address leads, unless that is a service on the namespace's own loopback."""
    (domain,) = struct.unpack_from("=H", address)
    if domain == socket.AF_UNSPEC:  # takes a connection back
        return None
    if domain not in (socket.AF_INET, socket.AF_INET6):
        return None if domain == socket.AF_NETLINK else f"an address of {_DOMAINS.get(domain, domain)}"
    (port,) = struct.unpack_from("!H", address, 2)
    ip = ipaddress.ip_address(address[4:8] if domain == socket.AF_INET else address[8:24])
    if port == 53:
        return f"a DNS look-up at {ip}"
    if ip.is_loopback or ip.is_unspecified:
        return None
    return f"{ip} port {port}"


def _memory(thread: int, where: int, size: int) -> bytes:
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        return os.pread(memory.fileno(), size, where)


def _process_of(thread: int) -> int:
    rows = Path(f"/proc/{thread}/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("Tgid:")).split()[1])


def _named(process: int) -> dict[str, str]:
    """Name and command of a process, as far as they can be read."""
    found = {"name": "", "command": ""}
    with suppress(OSError):
        found["name"] = Path(f"/proc/{process}/comm").read_text().strip()
    with suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        found["command"] = b" ".join(words).decode(errors="replace").strip()[:200]
    return found
