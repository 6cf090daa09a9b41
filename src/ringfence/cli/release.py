"""ringfence release: a contender's lock, with the verdict that allows it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..audit import audit_here
from ..audit.recording import who
from ..errors import InputError
from ..pilot.releasing import write_release
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("pilot", type=click.Path(path_type=Path))
@click.option("--contender", required=True, help="Which one.")
@click.option("--override-by", help="Who takes it on although the verdict is not PASS.")
@click.option("--why", help="Why; recorded with the name.")
def command(pilot: Path, contender: str, override_by: str | None, why: str | None) -> int:
    """Write the lock of a contender of PILOT with its verdict. Refused unless the verdict is PASS."""
    if bool(override_by) != bool(why):
        raise InputError("An override takes a name and a reason.", "Give both --override-by NAME and --why REASON.")
    path = write_release(pilot, contender, override_by, why)
    if audit := audit_here():
        release = json.loads(path.read_text(encoding="utf-8"))
        audit.append(
            "release",
            who=who(),
            lock=release["lock"]["digest"],
            verdict=release["verdict"],
            by=override_by,
            digests=release["digests"],
        )
    calibrated = json.loads(path.read_text(encoding="utf-8"))["calibrator"]
    how = f", --calibrator {pilot / 'calibrator.json'}" if calibrated else ""
    note(f"Released {contender}: {path}. Run with: --weights as in its lock{how}.")
    return 0
