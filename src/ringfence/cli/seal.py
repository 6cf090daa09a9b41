"""ringfence seal: run commands without network access, and test the seal on this host."""

from __future__ import annotations

import json

import click

from ..errors import InputError
from ..seal import probe_host, run_sealed
from .console import denied, echo, note
from .options import json_option

__all__ = ["command"]


@click.group()
def command() -> None:
    """Seal any command, or test the seal. For Ringfence itself, use --sealed: `ringfence --sealed run ...`."""


@command.command("exec", context_settings={"ignore_unknown_options": True})
@click.option(
    "--strict",
    is_flag=True,
    help="Exit code 1 if a way out was denied, even if the command succeeded. Unix sockets do not count: the C library "
    "opens one to look up a user's name.",
)
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(strict: bool, arguments: tuple[str, ...]) -> int:
    """Run any command sealed: `ringfence seal exec -- pytest`.

    At the end, lists every denied attempt with its process. The exit code is that of the command.
    """
    run = run_sealed(arguments)
    denied(run.attempts)
    if strict and run.attempts is None:
        raise InputError(
            "This host cannot report denied attempts, so --strict has no effect.",
            "Omit --strict; `ringfence seal test` shows the reason.",
        )
    return 1 if strict and run.ways_out and run.exit_code == 0 else run.exit_code


@command.command("test")
@json_option
def test_command(as_json: bool) -> int:
    """Seal a process on this host, try every way out from inside, and print the kernel's answers.

    Exit code 1: this host cannot seal.
    """
    host = probe_host()
    if as_json:
        click.echo(json.dumps(host.as_json()))
        return 0 if host.mechanism else 1
    if host.mechanism is None:
        echo(f"This host cannot seal a process: {host.reason}.")
        note("A container may need permission for user namespaces or seccomp. The filter needs Linux 3.5 or later.")
        return 1
    echo(f"Mechanism: {host.mechanism}, kernel {host.kernel}." + (f" {host.reason}." if host.reason else ""))
    for probe in host.probes:
        echo(f"  {'denied' if probe['denied'] else 'OPEN  '}  {probe['what']}: {probe['said']}")
    for limit in host.limits:
        note(f"Limit: {limit}.")
    note(
        "An engine's server on the loopback interface works inside a namespace. A server elsewhere (--server) is the "
        "only declared exit."
    )
    return 0
