"""Standard streams of a sealed process: a socket could pass descriptors in, so a pipe takes its place."""

from __future__ import annotations

import os
import socket
import stat
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from ..errors import UserError

__all__ = ["Relay", "relay_for"]


@dataclass
class Relay:
    """A standard stream that is a unix socket (a supervisor's, the system's journal).

    The sealed process gets ``inside``, the end of a pipe, instead of it; a thread outside copies.
    """

    descriptor: int
    inside: int
    outside: int
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start copying, in the launcher."""
        os.close(self.inside)
        ways = (self.descriptor, self.outside) if self.descriptor == 0 else (self.outside, self.descriptor)
        self._thread = threading.Thread(target=_copy, args=(*ways, self.outside), daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until everything that the process wrote is copied."""
        if self._thread and self.descriptor != 0:
            self._thread.join(timeout=10)


def relay_for(descriptor: int) -> Relay | None:
    """A relay for a standard stream that is a unix socket; None for a stream that can be passed in as it is.

    Raises UserError if the stream is a network connection.
    """
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
    except OSError:
        return None
    with socket.socket(fileno=os.dup(descriptor)) as stream:
        if stream.family != socket.AF_UNIX:
            raise UserError(
                f"Standard stream {descriptor} is a network connection, a way out of the seal.",
                "Start the command from a terminal, a file or a pipe.",
            )
    reader, writer = os.pipe()
    return Relay(descriptor, reader, writer) if descriptor == 0 else Relay(descriptor, writer, reader)


def _copy(source: int, target: int, close: int) -> None:
    with suppress(OSError):
        while piece := os.read(source, 1 << 16):
            view = memoryview(piece)
            while view:
                view = view[os.write(target, view) :]
    with suppress(OSError):
        os.close(close)
