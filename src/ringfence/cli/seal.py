"""ringfence seal: what this host can do to keep work from the network."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..errors import InputError
from ..seal import UNIX_SOCKET, evidence, launch, mechanism_here, sealed_here
from .screen import denied, note

__all__ = ["command"]


@click.group()
def command() -> None:
    """Work that cannot reach any network: `ringfence --sealed run ...`, or --sealed behind any other verb."""


@command.command("exec", context_settings={"ignore_unknown_options": True})
@click.option(
    "--strict",
    is_flag=True,
    help="Exit code 1 where a way out was denied, even where the command lived with it; not for unix sockets, which the C library tries to learn a user's name.",
)
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(strict: bool, arguments: tuple[str, ...]) -> int:
    """Run any command sealed: `ringfence seal exec -- pytest`. What was denied, and to which process, is told at its end;
    the exit code is the command's."""
    program = shutil.which(arguments[0])
    if program is None:
        raise InputError(f"There is no command {arguments[0]!r}.", "Give the name of a program, or a path.")
    heard: list[Sequence[Mapping[str, Any]] | None] = []
    code = launch(arguments[1:], (program,), tell=heard.append)
    (tried,) = heard
    denied(tried)
    if strict and tried is None:
        raise InputError(
            "Nobody hears here of what is denied, so --strict says nothing.",
            "Leave it out; `ringfence seal test` tells why.",
        )
    ways_out = [one for one in tried or () if one["what"] != UNIX_SOCKET]
    return 1 if strict and ways_out and code == 0 else code


@command.command("test")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def test_command(as_json: bool) -> int:
    """Seal a process on this host, try every way out from inside, and say what the kernel answered.

    Exit code 1: this host cannot seal.
    """
    if sealed_here():
        click.echo(json.dumps(evidence()))
        return 0
    mechanism, reason = mechanism_here()
    if mechanism is None:
        facts = {"schema": 1, "mechanism": None, "reason": reason, "kernel": platform.release()}
        click.echo(json.dumps(facts) if as_json else f"This host cannot seal a process: {reason}.")
        note(
            "A container may need user namespaces or seccomp allowed; Linux 3.5 or later on x86-64 or ARM64 has the filter."
        )
        return 1
    again = [sys.executable, "-m", "ringfence", "seal", "test", "--sealed"]
    done = subprocess.run(again, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode != 0:
        click.echo(done.stderr.strip(), err=True)
        return 1
    facts = json.loads(done.stdout)
    if as_json:
        click.echo(json.dumps({"schema": 1, **facts}))
        return 0
    click.echo(f"Mechanism: {facts['mechanism']}, kernel {facts['kernel']}." + (f" {reason}." if reason else ""))
    for probe in facts["probes"]:
        click.echo(f"  {'denied' if probe['denied'] else 'OPEN  '}  {probe['what']}: {probe['said']}")
    if "watched" not in facts["mechanism"]:
        note("Limit: this kernel, or another filter, does not let the launcher hear which process was denied what.")
    for limit in facts["limits"]:
        note(f"Limit: {limit}.")
    note(
        "An engine's server on the loopback works inside a namespace; a server elsewhere (--server) is the one declared exit."
    )
    return 0
