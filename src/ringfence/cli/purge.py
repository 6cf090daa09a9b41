"""ringfence purge: erase the content of a run, but keep its digests and totals."""

from __future__ import annotations

from pathlib import Path

import click

from ..api import open_run
from .console import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def command(run: Path, yes: bool) -> None:
    """Erase every value, text and document name of RUN permanently; digests and totals stay.

    Afterwards you can count and audit the run, but not resume, check or export it. Exports that you wrote elsewhere are
    not deleted.
    """
    opened = open_run(run)
    if not yes:
        click.confirm(f"Erase the content of {opened.totals} from {run}?", abort=True, err=True)
    note(f"Erased: {opened.purge()}. Digests and totals stay.")
