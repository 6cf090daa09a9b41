"""A stopped system call in words: what it tried, and which process made it."""

from __future__ import annotations

import ctypes
import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .kernel import NETLINK, system_calls

__all__ = ["UNIX_SOCKET", "described", "named", "process_of"]

UNIX_SOCKET = "a unix socket"  # its path is unknown: the socket itself is denied
UNREADABLE = "an address that could not be read"
_DOMAINS = {int(domain): domain.name for domain in socket.AddressFamily}


class Attempt(NamedTuple):
    """``what`` was tried (None if it leads nowhere outside).

    ``goes_on``: it may continue, into the namespace's own network. ``counted``: the kernel counts a packet without a
    route for it.
    """

    what: str | None
    goes_on: bool = False
    counted: bool = False


class _Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def described(thread: int, call: int, arguments: list[int]) -> Attempt:
    """Describe a system call by its number and arguments."""
    calls = system_calls()
    if call == calls["connect"]:
        return _destination(thread, arguments[1], arguments[2], sends=False)
    if call == calls["sendto"]:
        return _destination(thread, arguments[4], arguments[5], sends=True)
    if call == calls["socketpair"]:
        return Attempt("a pair of datagram sockets")
    if call == calls["socket"]:
        domain = arguments[0] & 0xFFFFFFFF
        return Attempt(UNIX_SOCKET if domain == socket.AF_UNIX else f"a socket of {_DOMAINS.get(domain, domain)}")
    if call == calls["ioctl"]:
        return Attempt("keystrokes into the terminal")
    return Attempt(next(name for name, number in calls.items() if number == call))


def _destination(thread: int, pointer: int, size: int, sends: bool) -> Attempt:
    """The destination of a socket address, unless it is a service on the namespace's own loopback."""
    address = _memory(thread, pointer, min(size & 0xFFFFFFFF, 128))
    if address is None or len(address) < 2:
        return Attempt(UNREADABLE, goes_on=True)
    (domain,) = struct.unpack_from("=H", address)
    if domain == socket.AF_UNSPEC:  # connect: dissolves a connection; sendto: an IPv4 address
        if not sends:
            return Attempt(None, goes_on=True)
        domain = int(socket.AF_INET)
    if domain == NETLINK:
        return Attempt(None, goes_on=True)
    if domain not in (socket.AF_INET, socket.AF_INET6):
        return Attempt(f"an address of {_DOMAINS.get(domain, domain)}")
    packed = address[4:8] if domain == socket.AF_INET else address[8:24]
    if len(packed) != (4 if domain == socket.AF_INET else 16):
        return Attempt(UNREADABLE, goes_on=True)
    (port,) = struct.unpack_from("!H", address, 2)
    ip = ipaddress.ip_address(packed)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    inside = ip.is_loopback or ip.is_unspecified
    if port == 53:
        return Attempt(f"a DNS look-up at {ip}", goes_on=True, counted=not inside)
    return Attempt(None if inside else f"{ip} port {port}", goes_on=True, counted=not inside)


def _memory(thread: int, address: int, size: int) -> bytes | None:
    """Read memory of a sealed process, even if it is not dumpable: the owner of its namespace may read it."""
    buffer = ctypes.create_string_buffer(size)
    ours, theirs = _Piece(ctypes.addressof(buffer), size), _Piece(address, size)
    libc = ctypes.CDLL(None, use_errno=True)
    got = libc.process_vm_readv(thread, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
    return buffer.raw[:got] if got > 0 else None


def process_of(thread: int) -> int:
    """The process of a thread; the thread itself if the process cannot be read."""
    with suppress(OSError, StopIteration):
        rows = Path(f"/proc/{thread}/status").read_bytes().splitlines()
        return int(next(row for row in rows if row.startswith(b"Tgid:")).split()[1])
    return thread


def named(process: int) -> dict[str, str]:
    """The name and the command of a process, as far as they can be read and printed."""
    found = {"name": "", "command": ""}
    for key, file in (("name", "comm"), ("command", "cmdline")):
        with suppress(OSError):
            text = Path(f"/proc/{process}/{file}").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found[key] = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
    return found
