"""ringfence release: release a contender's lock, with the verdict that allows it."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import InputError
from ..operating.release import Override, write_release
from .console import note

__all__ = ["command"]


@click.command()
@click.argument("pilot", type=click.Path(path_type=Path))
@click.option("--contender", required=True, help="The contender to release.")
@click.option("--override-by", help="Who takes responsibility for a release without a PASS.")
@click.option("--why", help="The reason for the override; recorded with the name.")
def command(pilot: Path, contender: str, override_by: str | None, why: str | None) -> int:
    """Write the lock of a contender of PILOT with its verdict. Refuses unless the verdict is PASS."""
    if bool(override_by) != bool(why):
        raise InputError("An override takes a name and a reason.", "Give both --override-by NAME and --why REASON.")
    override = Override(override_by, why) if override_by and why else None
    release = write_release(pilot, contender, override)
    if release.looks > 1:
        note(f"The test part was opened {release.looks} times; a verdict after several looks is worth less.")
    if release.loose_looks:
        note(
            f"Openings of the test part: {release.loose_looks} of {release.looks} were recorded by an earlier version, "
            "without a chain; whether others were taken out cannot be known. The release says so."
        )
    note(f"Released {contender}: {release.path}. Run it: ringfence run --release {release.path} DOCUMENTS --out RUN")
    return 0
