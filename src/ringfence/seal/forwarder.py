"""The one declared exit of a sealed run with a server: a listener inside the namespace, served from outside.

A listening socket belongs to the namespace in which it was made, whichever process holds it. The sealed process makes
one on its own loopback and hands it to the launcher, which connects every client to one host and port, and to nothing
else.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from dataclasses import dataclass

__all__ = ["FORWARD", "Exit", "dial_for", "forward", "listen_for"]

PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ECONNABORTED)
FORWARD = "RINGFENCE_FORWARD"  # in the sealed process: HOST:PORT=127.0.0.1:PORT


@dataclass(frozen=True)
class Exit:
    """The host and port that a sealed run may reach."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """host:port."""
        return f"{self.host}:{self.port}"


def listen_for(out: Exit) -> tuple[int, str]:
    """Make a listener on the loopback of this namespace, for the launcher: (descriptor, value of FORWARD)."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    port = listener.getsockname()[1]
    return listener.detach(), f"{out.address}=127.0.0.1:{port}"


def forward(listener: socket.socket, out: Exit) -> None:
    """Serve the listener from daemon threads: connect each client to the declared exit."""

    def serve() -> None:
        while True:
            try:
                inside, _ = listener.accept()
            except OSError as error:
                if error.errno not in PASSING:
                    return
                time.sleep(0.1)
                continue
            threading.Thread(target=_join, args=(inside, out), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def _join(inside: socket.socket, out: Exit) -> None:
    with inside:
        try:
            outside = socket.create_connection((out.host, out.port), timeout=10)
        except OSError:
            return
        outside.settimeout(None)
        with outside:
            back = threading.Thread(target=_pump, args=(outside, inside), daemon=True)
            back.start()
            _pump(inside, outside)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def dial_for(host: str, port: int, declared: str) -> tuple[str, int]:
    """The address to connect to for a host and port: the forwarder's, if FORWARD (``declared``) names it."""
    name, _, inside = declared.partition("=")
    if inside and name == f"{host}:{port}":
        address, _, number = inside.rpartition(":")
        return address, int(number)
    return host, port
