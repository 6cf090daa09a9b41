"""Run a command inside the seal: fork, close the network, exec.

The launcher stays outside, as parent and forwarder. Sealing needs Linux; elsewhere, ``mechanism_here`` says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, UserError
from ..server_address import ServerAddress
from .evidence import SEAL
from .forwarder import (
    FORWARD,
    Exit,
    forward,
    listen_for,
)
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
from .monitor import READER, Attempts
from .streams import relay_for
from .syscalls_in_words import UNIX_SOCKET

__all__ = ["SealedRun", "launch", "mechanism_here", "run_sealed", "split_exit"]

EXIT = "--exit"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
MAP, FORWARDED, WATCHED = b"m", b"f", b"w"  # what the child says to the launcher
NAMESPACE, FILTER = "user and network namespace, system call filter", "system call filter"


def mechanism_here() -> tuple[str | None, str]:
    """What this host can do, and why it cannot do more: (mechanism or None, reason). A child process tries it."""
    if not supports_filter():
        return None, "sealing needs Linux on x86-64 or ARM64 (on Windows: WSL 2; on macOS: a Linux virtual machine)"
    why = ""
    for mechanism, domains in ((NAMESPACE, NAMESPACE_DOMAINS), (FILTER, ())):
        reason = _tried(mechanism == NAMESPACE, domains)
        if reason is None:
            return mechanism, f"no network namespace: {why}" if why else ""
        why = reason
    return None, why


def _tried(namespace: bool, domains: tuple[int, ...]) -> str | None:
    """None if a child process can seal itself, else the reason."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if namespace:
                new_network()
                loopback_up()  # denied if the host allows namespaces without rights in them
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


# -P: import nothing from the current folder
COMMAND = (sys.executable, "-P", "-m", "ringfence")


def launch(
    arguments: Sequence[str],
    command: Sequence[str] = COMMAND,
    exit_to: str = "",
    tell: Callable[[Sequence[Mapping[str, Any]] | None], None] = lambda attempts: None,
) -> int:
    """Run ``ringfence ARGUMENTS`` (or another ``command``) sealed. Returns its exit code.

    ``exit_to`` is the one address that stays reachable. After the end, ``tell`` gets the attempts that were denied
    (None if they could not be observed). Raises UserError if this host cannot seal it.
    """
    mechanism, reason = mechanism_here()
    if mechanism is None:
        raise UserError(
            f"This host cannot seal a process: {reason}.", "`ringfence seal test` explains what is missing."
        )
    out = _exit_at(exit_to) if exit_to else None
    if out and mechanism != NAMESPACE:
        raise UserError(
            f"A declared exit needs a network namespace, which this host does not allow ({reason}).",
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


@dataclass(frozen=True)
class SealedRun:
    """A command that ran sealed: its exit code and the denied attempts (None if they could not be observed)."""

    exit_code: int
    attempts: Sequence[Mapping[str, Any]] | None

    @property
    def ways_out(self) -> list[Mapping[str, Any]]:
        """The denied attempts without those on unix sockets, which the C library opens to look up a user's name."""
        return [attempt for attempt in self.attempts or () if attempt["what"] != UNIX_SOCKET]


def run_sealed(command: Sequence[str]) -> SealedRun:
    """Run any command sealed: a program and its arguments.

    Raises InputError if there is no such program, UserError if this host cannot seal it.
    """
    program = shutil.which(command[0])
    if program is None:
        raise InputError(f"Command not found: {command[0]}.", "Give the name of a program, or its path.")
    told: list[Sequence[Mapping[str, Any]] | None] = []
    code = launch(command[1:], (program,), tell=told.append)
    return SealedRun(code, told[-1])


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
        facts: dict[str, Any] = {
            "mechanism": mechanism,
            "why_not_more": reason or None,
            "exit": out.address if out else None,
            "proxies_removed": sorted(name for name in os.environ if name.lower() in PROXIES),
        }
        if mechanism == NAMESPACE:
            new_network()
            parent.sendall(MAP)  # the parent writes the user maps: only the parent may map more than one user
            parent.recv(1)
            loopback_up()
            if out:
                listener, environment[FORWARD] = listen_for(out)
                socket.send_fds(parent, [FORWARDED], [listener])
        die_with_parent()  # after entering the namespace, which resets this
        watched = filter_system_calls(NAMESPACE_DOMAINS if mechanism == NAMESPACE else (), watched=True)
        if watched is not None:
            socket.send_fds(parent, [WATCHED], [watched])
            facts["mechanism"] += ", watched"
        parent.close()
        if watched is not None:
            attempts.hand_over()
        if close_kernel_files():
            facts["mechanism"] += ", Landlock"
        environment[SEAL] = json.dumps(facts)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; commands expect the default
            signal.signal(number, signal.SIG_DFL)
        for descriptor in sorted(map(int, os.listdir("/proc/self/fd"))):
            if descriptor > (2 if watched is None else READER):
                with contextlib.suppress(OSError):  # the descriptor of the folder itself
                    os.close(descriptor)
        # No inherited descriptor is left: one could be a connected socket.
        os.execve(arguments[0], list(arguments), environment)
    except BaseException as error:
        os.write(2, f"Cannot close the seal ({error}). Nothing was started.\n".encode())
    os._exit(2)


def _parent(child: int, channel: socket.socket, out: Exit | None, attempts: Attempts) -> int:
    # Ctrl-C goes to the whole group; the launcher waits until the command inside has ended.
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, number))
    try:
        with channel:
            while True:  # until the child becomes the command, which closes its end of the channel
                word, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
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
    """Map the same users inside as outside, as far as this process may."""
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
    """Split ``--exit ADDRESS`` from the arguments. Returns the rest, and the one exit that the arguments declare.

    The exit is the address of ``--exit``, else that of ``--server``, else "".
    """
    plain: list[str] = []
    found = {EXIT: "", "--server": ""}
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name not in found:
            plain.append(argument)
            continue
        given = [argument] if equals else [argument, next(rest, "")]
        found[name] = value if equals else given[1]
        plain += given if name != EXIT else []
    return plain, found[EXIT] or found["--server"]


def _exit_at(address: str) -> Exit:
    parts = ServerAddress.parse(address)
    return Exit(parts.host, parts.port)
