"""Attempts to leave the seal: the filter of a sealed process asks the launcher about each call that it does not allow.

See man 2 seccomp_unotify. The answer is always no, except for connections and datagrams to internet addresses: they
may go on, because they end in a namespace that leads nowhere, and only their destination matters. The kernel counts
what this misses (sendmsg) as packets without a route. The launcher lists the attempts in a file in memory, which the
sealed process holds open and cannot write to.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import select
import struct
import threading
import time
from contextlib import suppress
from typing import Any

from .kernel import system_calls
from .packets import PacketCount
from .syscalls_in_words import (
    UNIX_SOCKET,
    described,
    named,
    process_of,
)

__all__ = ["Attempts", "attempts_so_far", "mark_probes"]

NAME = "ringfence-attempts"
SIZE = 1 << 20  # bytes of the file in memory
READER = 3  # the descriptor in the sealed process, after the standard streams
RECEIVE, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_*
CONTINUE = 1
NOTIFICATION = struct.Struct("=QIIiIQ6Q")  # id, pid, flags; number, architecture, instruction pointer, six arguments
ANSWER = struct.Struct("=QqiI")
MOST = 1000  # different attempts on record, and as many on unix sockets; the rest is summed up
# setns with no descriptor and one of these numbers is not an attempt: it marks the probes that prove the seal, which
# one thread makes once.
PROBES_BEGIN, PROBES_END = 0x52460001, 0x52460002
PROBE_SECONDS = 30
MFD_ALLOW_SEALING, ADD_SEALS = 2, 1033
NO_MORE_WRITES = 0x2 | 0x4 | 0x10  # F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE


def mark_probes(begin: bool) -> None:
    """Tell the launcher that a probe of this thread begins or has ended."""
    ctypes.CDLL(None).setns(-1, PROBES_BEGIN if begin else PROBES_END)


class Attempts:
    """The attempts of a sealed command, as the launcher learns of them."""

    def __init__(self) -> None:
        import fcntl  # not on Windows

        self._file = os.memfd_create(NAME, os.MFD_CLOEXEC | MFD_ALLOW_SEALING)
        os.ftruncate(self._file, SIZE)
        self._shown = mmap.mmap(self._file, SIZE)
        with suppress(OSError):  # before Linux 5.1; the sealed process could then write to the file
            fcntl.fcntl(self._file, ADD_SEALS, NO_MORE_WRITES)
        self._heard: dict[tuple[str, int], dict[str, Any]] = {}
        self._room = {True: MOST, False: MOST}  # for unix sockets, and for everything else
        self._probed: dict[int, float | None] = {}  # by thread, the end of its probes; None: it may not probe again
        self._packets = PacketCount()
        self._thread: threading.Thread | None = None

    def hand_over(self) -> None:
        """In the child, before it becomes the command: open the file for reading."""
        reader = os.open(f"/proc/self/fd/{self._file}", os.O_RDONLY)
        if reader != READER:
            os.dup2(reader, READER)
        os.set_inheritable(READER, True)

    def count_packets(self, child: int) -> None:
        """Start counting the packets without a route out of the child's network."""
        self._packets.open(child)

    def watch(self, listener: int) -> None:
        """Answer the filter from a thread, until every sealed process has ended."""
        self._thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
        self._thread.start()

    def finish(self) -> list[dict[str, Any]] | None:
        """All attempts, after the command has ended; None if they could not be observed.

        Processes that the command left running stay sealed, but get no answers any more.
        """
        if self._thread is None:
            return None
        self._thread.join(timeout=1)
        os.close(self._file)
        if packets := self._packets.untold():
            self._hear("packets without a route, not explained by any call", 0, packets)
        return list(self._heard.values())

    def _serve(self, listener: int) -> None:
        import fcntl

        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            ((_, events),) = poll.poll()
            if not events & select.POLLIN:
                os.close(listener)
                return
            asked = bytearray(NOTIFICATION.size)
            try:
                fcntl.ioctl(listener, RECEIVE, asked)
            except OSError:  # the process was killed meanwhile
                continue
            number, thread, _, call, _, _, *arguments = NOTIFICATION.unpack(asked)
            try:
                goes_on = self._judge(thread, call, arguments)
            except Exception:  # the thread may be gone; whatever happened, the filter gets an answer
                goes_on = False
            answer = ANSWER.pack(number, 0, 0 if goes_on else -errno.EACCES, CONTINUE if goes_on else 0)
            with suppress(OSError):
                fcntl.ioctl(listener, SEND, answer)

    def _judge(self, thread: int, call: int, arguments: list[int]) -> bool:
        """Record an attempt. Returns whether the call may go on."""
        process = process_of(thread)
        if call == system_calls()["setns"] and arguments[1] in (PROBES_BEGIN, PROBES_END):
            self._mark(thread, arguments[1] == PROBES_BEGIN)
            return False
        attempt = described(thread, call, arguments)
        if attempt.what and not self._is_probe(thread):
            self._hear(attempt.what, process)
            self._packets.told += attempt.counted
        return attempt.goes_on

    def _mark(self, thread: int, begin: bool) -> None:
        if begin and thread not in self._probed:
            self._packets.pause()
            self._probed[thread] = time.monotonic() + PROBE_SECONDS
        elif not begin and self._probed.get(thread):
            self._probed[thread] = None
            self._packets.go_on()

    def _is_probe(self, thread: int) -> bool:
        return (self._probed.get(thread) or 0.0) > time.monotonic()

    def _hear(self, what: str, process: int, times: int = 1) -> None:
        kind = what == UNIX_SOCKET
        attempt = self._heard.get((what, process))
        if attempt is None and self._room[kind] == 0:
            what, process = "other things", 0
            attempt = self._heard.get((what, process))
        if attempt is None:
            self._room[kind] = max(0, self._room[kind] - 1)
            attempt = self._heard[what, process] = {"what": what, "times": 0, "process": process, **named(process)}
        attempt["times"] += times
        if attempt["times"] & (attempt["times"] - 1) == 0:  # 1, 2, 4, ...: a flood is not listed call by call
            line = json.dumps(attempt).encode() + b"\n"
            if self._shown.tell() + len(line) <= SIZE:
                self._shown.write(line)


def attempts_so_far() -> list[dict[str, Any]] | None:
    """In the sealed process: the denied attempts so far, without the probes; None if nobody watches.

    ``times`` is the last power of two that was reached.
    """
    with suppress(OSError):
        if NAME in os.readlink(f"/proc/self/fd/{READER}"):
            lines = os.pread(READER, SIZE, 0).rstrip(b"\0").splitlines(keepends=True)
            told = [json.loads(line) for line in lines if line.endswith(b"\n")]  # the last may be incomplete
            return list({(attempt["what"], attempt["process"]): attempt for attempt in told}.values())
    return None
