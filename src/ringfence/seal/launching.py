"""Start a command again inside the seal: fork, close the network, exec. The launcher stays outside, as parent and forwarder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from socket import recv_fds, send_fds
from typing import Any
from urllib.parse import urlsplit

from ..errors import UserError
from .evidence import SEAL
from .forwarding import FORWARD, Exit, forward, listen_for
from .kernel import (
    NAMESPACE_DOMAINS,
    die_with_parent,
    filter_system_calls,
    hide_memory,
    loopback_up,
    new_network,
    supports_filter,
)
from .kernel_files import close_kernel_files
from .streams import relay_for
from .watching import READER, Attempts

__all__ = ["launch", "mechanism_here", "split_exit"]

EXIT = "--exit"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
MAP, FORWARDED, WATCHED = b"m", b"f", b"w"  # what the child says to the launcher
NAMESPACE, FILTER = "user and network namespace, system call filter", "system call filter"


def mechanism_here() -> tuple[str | None, str]:
    """What this host can do, and why not more: (mechanism or None, reason). Tried in a child that ends at once."""
    if not supports_filter():
        return None, "the system call filter is known for Linux on x86-64 and ARM64 only"
    why = ""
    for mechanism, domains in ((NAMESPACE, NAMESPACE_DOMAINS), (FILTER, ())):
        reason = _tried(mechanism == NAMESPACE, domains)
        if reason is None:
            return mechanism, f"no network namespace: {why}" if why else ""
        why = reason
    return None, why


def _tried(namespace: bool, domains: tuple[int, ...]) -> str | None:
    """None where a child could seal itself, else the reason."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if namespace:
                new_network()
                loopback_up()  # denied where a host allows namespaces without rights in them
            filter_system_calls(domains)
        except OSError as error:
            os.write(writer, (error.strerror or str(error)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(child, 0)
    return said or None


# -P: nothing of the folder that the command is given in is imported
COMMAND = (sys.executable, "-P", "-m", "ringfence")


def launch(
    arguments: Sequence[str],
    command: Sequence[str] = COMMAND,
    exit_to: str = "",
    tell: Callable[[Sequence[Mapping[str, Any]] | None], None] = lambda attempts: None,
) -> int:
    """Run ``ringfence ARGUMENTS`` (or another ``command``) sealed; returns its exit code. ``exit_to`` is the one address that
    is let through; ``tell`` is given what was tried, after the end (None where nobody could hear of it). Raises UserError
    where this host cannot seal it.
    """
    mechanism, reason = mechanism_here()
    if mechanism is None:
        raise UserError(
            f"This host cannot seal a process: {reason}.", "`ringfence seal test` explains what is missing."
        )
    out = _exit_at(exit_to) if exit_to else None
    if out and mechanism != NAMESPACE:
        raise UserError(
            f"A server can be let through only where the kernel allows a network namespace ({reason}).",
            "Allow user namespaces, or run the weights with an embedded engine.",
        )
    relays = [relay for descriptor in (0, 1, 2) if (relay := relay_for(descriptor))]
    sys.stdout.flush()
    sys.stderr.flush()
    attempts = Attempts()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # one message, one descriptor
    child = os.fork()
    if child == 0:
        ours.close()
        for relay in relays:
            os.dup2(relay.inside, relay.descriptor)
        _become_sealed([*command, *arguments], mechanism, reason, out, theirs, attempts)
    theirs.close()
    hide_memory()
    for relay in relays:
        relay.start()
    try:
        code = _parent(child, ours, out, attempts)
    finally:
        for relay in relays:
            relay.finish()
    tell(attempts.finish())
    return code


def _become_sealed(
    arguments: Sequence[str],
    mechanism: str,
    reason: str,
    out: Exit | None,
    parent: socket.socket,
    attempts: Attempts,
) -> None:
    """In the child: seal, and become the command. Never returns."""
    try:
        environment = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
        about: dict[str, Any] = {
            "mechanism": mechanism,
            "why_not_more": reason or None,
            "exit": out.address if out else None,
            "proxies_removed": sorted(name for name in os.environ if name.lower() in PROXIES),
        }
        if mechanism == NAMESPACE:
            new_network()
            parent.sendall(MAP)  # the parent writes the maps of users: only it may map more than one
            parent.recv(1)
            loopback_up()
            if out:
                listener, environment[FORWARD] = listen_for(out)
                send_fds(parent, [FORWARDED], [listener])
        die_with_parent()  # behind the namespace: entering it takes this back
        watched = filter_system_calls(NAMESPACE_DOMAINS if mechanism == NAMESPACE else (), watched=True)
        if watched is not None:
            send_fds(parent, [WATCHED], [watched])
            about["mechanism"] += ", watched"
        parent.close()
        if watched is not None:
            attempts.hand_over()
        if close_kernel_files():
            about["mechanism"] += ", Landlock"
        environment[SEAL] = json.dumps(about)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; a command does not expect that
            signal.signal(number, signal.SIG_DFL)
        for descriptor in sorted(map(int, os.listdir("/proc/self/fd"))):
            if descriptor > (2 if watched is None else READER):
                with contextlib.suppress(OSError):  # the folder's own
                    os.close(descriptor)
        # An inherited descriptor may be a socket that is connected already: none is left.
        os.execve(arguments[0], list(arguments), environment)
    except BaseException as error:
        os.write(2, f"The seal could not be closed ({error}). Nothing was started.\n".encode())
    os._exit(2)


def _parent(child: int, channel: socket.socket, out: Exit | None, attempts: Attempts) -> int:
    # Ctrl-C goes to the whole group; the command inside ends in its own time, and the launcher waits for it.
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, number))
    try:
        with channel:
            while True:  # until the child becomes the command, and its end of the channel closes
                word, descriptors, _, _ = recv_fds(channel, 1, 1)
                if word == MAP:
                    _map_users(child)
                    attempts.count_packets(child)
                    channel.sendall(MAP)
                elif word == FORWARDED and out:
                    forward(socket.socket(fileno=descriptors[0]), out)
                elif word == WATCHED:
                    attempts.watch(descriptors[0])
                else:
                    break
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _map_users(child: int) -> None:
    """The same users inside as outside, as far as this process may map them."""
    everyone = "0 0 4294967295"
    for kind, own in (("uid", os.geteuid()), ("gid", os.getegid())):
        for line in (everyone, f"{own} {own} 1"):
            try:
                if kind == "gid" and line != everyone:
                    _write(f"/proc/{child}/setgroups", "deny")
                _write(f"/proc/{child}/{kind}_map", line)
                break
            except OSError:
                continue


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def split_exit(arguments: Sequence[str]) -> tuple[list[str], str]:
    """The arguments without ``--exit ADDRESS``, and the one exit that they declare: that address, else the one behind
    ``--server``; "" where they declare none."""
    plain: list[str] = []
    found = {EXIT: "", "--server": ""}
    rest = iter(arguments)
    for one in rest:
        name, equals, value = one.partition("=")
        if name not in found:
            plain.append(one)
            continue
        given = [one] if equals else [one, next(rest, "")]
        found[name] = value if equals else given[1]
        plain += given if name != EXIT else []
    return plain, found[EXIT] or found["--server"]


def _exit_at(address: str) -> Exit:
    parts = urlsplit(address if "//" in address else f"http://{address}")
    with contextlib.suppress(ValueError):
        if parts.hostname:
            return Exit(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    raise UserError(f"{address!r} is no address of a server.", "Give it like http://gpu-server:8000.")
