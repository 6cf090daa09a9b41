"""Evidence: the probes from inside the seal before the first document, and the kernel's answers."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
from collections.abc import Callable
from contextlib import closing
from functools import cache
from typing import Any

from ..errors import UserError
from .kernel_files import kernel_files_open
from .monitor import attempts_so_far, mark_probes
from .packets import packets_without_a_way

__all__ = ["SEAL", "evidence", "evidence_at_the_end", "probes", "require_seal", "sealed_here"]

SEAL = "RINGFENCE_SEAL"  # the launcher sets it in the sealed process; it proves nothing: the probes do
DENIED = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EPERM, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
# Addresses reserved for documentation (RFC 5737, RFC 3849): nobody answers there, should a probe ever get out.
NOBODY, NOBODY_6 = "192.0.2.1", "2001:db8::1"


def sealed_here() -> bool:
    """Whether the launcher started this process."""
    return SEAL in os.environ


def probes() -> list[dict[str, Any]]:
    """Try every way out: for each, whether it was ``denied``, and what the kernel ``said``."""
    ways: dict[str, Callable[[], None]] = {
        "DNS look-up": lambda: _resolve("example.com"),
        "TCP": lambda: _connect(socket.AF_INET, (NOBODY, 443)),
        "UDP": lambda: _send(socket.AF_INET, (NOBODY, 53)),
        "TCP over IPv6": lambda: _connect(socket.AF_INET6, (NOBODY_6, 443)),
        "raw packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
        "unix socket, path": lambda: _connect(socket.AF_UNIX, "/run/ringfence-seal-probe"),
        "unix socket, abstract": lambda: _connect(socket.AF_UNIX, "\0ringfence-seal-probe"),
        "unix socket, by a pair of datagram sockets": lambda: _by_pair(socket.SOCK_DGRAM),
        "unix socket, by a pair of raw sockets": lambda: _by_pair(socket.SOCK_RAW),
    }
    found = []
    mark_probes(True)
    for what, way in ways.items():
        try:
            way()
            found.append({"what": what, "denied": False, "said": "it went through"})
        except socket.gaierror as error:
            found.append({"what": what, "denied": True, "said": str(error.strerror)})
        except OSError as error:
            denied = error.errno in DENIED
            found.append(
                {"what": what, "denied": denied, "said": os.strerror(error.errno) if error.errno else str(error)}
            )
    mark_probes(False)
    named = sorted(name for name in os.environ if name.lower().endswith("_proxy"))
    found.append({"what": "proxy variables", "denied": not named, "said": ", ".join(named) or "none is set"})
    return found


def _resolve(name: str) -> None:
    socket.getaddrinfo(name, 443)


def _connect(family: int, address: Any) -> None:
    with closing(socket.socket(family, socket.SOCK_STREAM)) as client:
        client.settimeout(2)
        client.connect(address)


def _by_pair(kind: int) -> None:
    left, right = socket.socketpair(socket.AF_UNIX, kind)
    with closing(left), closing(right):
        left.sendto(b"", "/run/ringfence-seal-probe")


def _send(family: int, address: Any) -> None:
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as client:
        client.sendto(b"", address)


@cache
def evidence() -> dict[str, Any] | None:
    """The record of a sealed run; None if this process is not sealed.

    Raises UserError if a probe gets out: then the process is not sealed, whatever its environment says.
    """
    if not sealed_here():
        return None
    tried = probes()
    if open_ways := [probe["what"] for probe in tried if not probe["denied"]]:
        raise UserError(
            f"This process should be sealed but is not: {', '.join(open_ways)} got out.",
            "Nothing was started. `ringfence seal test` explains what this host can do.",
        )
    return {
        **json.loads(os.environ[SEAL]),
        "kernel": platform.release(),
        "process": os.getpid(),
        "limits": limits(),
        "probes": tried,
        **_denied(),
        "claim": "evidence for this run on this host",
    }


def evidence_at_the_end(before: dict[str, Any]) -> dict[str, Any]:
    """The evidence of a session, with the attempts that were denied while it worked."""
    return {**before, **{f"{name}_at_the_end": value for name, value in _denied().items()}}


def _denied() -> dict[str, Any]:
    """The denied attempts so far, if the launcher observes them; and the packets without a route, from the kernel."""
    return {"denied": attempts_so_far(), "packets_without_a_way": packets_without_a_way()}


def limits() -> list[str]:
    """The limits of a seal of this process."""
    if kernel_files_open():
        return ["running as root on a kernel without Landlock: files of the kernel stay writable; run as another user"]
    return []


def require_seal() -> None:
    """Probe the seal now, if the launcher started this process. Raises UserError if a probe gets out."""
    evidence()
