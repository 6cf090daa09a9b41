"""ringfence purge: remove the content of a run, keep its digests and totals."""

from __future__ import annotations

from pathlib import Path

import click

from ..runs import RunFolder, purge
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(run: Path, yes: bool) -> None:
    """Remove every value, text and name of a document from RUN for good, and keep digests and totals.

    The run can be counted and audited afterwards, not resumed, checked or exported. Exports that were written elsewhere
    are yours to delete.
    """
    folder = RunFolder.open(run)
    if not yes:
        click.confirm(f"Remove the content of {folder.totals()} from {run}?", abort=True, err=True)
    note(f"Purged: {purge(folder)}. Digests and totals are kept.")
