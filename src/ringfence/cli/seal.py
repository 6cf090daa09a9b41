"""ringfence seal: what this host can do to keep work from the network."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys

import click

from ..errors import InputError
from ..seal import evidence, launch, mechanism_here, sealed_here
from .screen import note

__all__ = ["command"]


@click.group()
def command() -> None:
    """Work that cannot reach any network: `ringfence --sealed run ...`, or --sealed behind any other verb."""


@command.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(arguments: tuple[str, ...]) -> int:
    """Run any command sealed: `ringfence seal exec -- pytest`. The exit code is the command's."""
    program = shutil.which(arguments[0])
    if program is None:
        raise InputError(f"There is no command {arguments[0]!r}.", "Give the name of a program, or a path.")
    return launch(arguments[1:], (program,))


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
    for limit in facts["limits"]:
        note(f"Limit: {limit}.")
    note(
        "An engine's server on the loopback works inside a namespace; a server elsewhere (--server) is the one declared exit."
    )
    return 0
