"""Packets without a route out of a namespace, as the kernel counts them: Ip OutNoRoutes, and Ip6OutNoRoutes."""

from __future__ import annotations

import os
from contextlib import suppress

__all__ = ["PacketCount", "packets_without_a_way"]


def packets_without_a_way(folder: str = "/proc/self/net") -> int | None:
    """The number so far in a network namespace, read from its folder in /proc; None if it cannot be read."""
    try:
        files = [os.open(f"{folder}/{name}", os.O_RDONLY) for name in ("snmp", "snmp6")]
    except OSError:
        return None
    try:
        return _count(files)
    finally:
        for file in files:
            os.close(file)


def _count(files: list[int]) -> int:
    rows = [row.split() for file in files for row in os.pread(file, 1 << 16, 0).splitlines()]
    (names, values) = [row for row in rows if row and row[0] == b"Ip:"]
    old = int(dict(zip(names, values, strict=True))[b"OutNoRoutes"])
    return old + next((int(row[1]) for row in rows if row and row[0] == b"Ip6OutNoRoutes"), 0)


class PacketCount:
    """A count from outside, even after the last process inside has ended.

    ``told`` is the number of packets that the monitor already knows from system calls.
    """

    def __init__(self) -> None:
        self.told = 0
        self._files: list[int] = []
        self._paused: list[int] = []
        self._left_out = 0

    def open(self, process: int) -> None:
        """Open the counters of the network namespace of a process."""
        with suppress(OSError):
            for name in ("snmp", "snmp6"):
                self._files.append(os.open(f"/proc/{process}/net/{name}", os.O_RDONLY))

    def pause(self) -> None:
        """Stop counting until ``go_on`` is called as often."""
        self._paused.append(self._now())

    def go_on(self) -> None:
        """Count again."""
        begun = self._paused.pop()
        if not self._paused:
            self._left_out += self._now() - begun

    def _now(self) -> int:
        return _count(self._files) if len(self._files) == 2 else 0

    def untold(self) -> int:
        """The number of packets that no system call explains. Closes the counters."""
        found = self._now() - self._left_out - self.told
        for file in self._files:
            os.close(file)
        return max(0, found)
