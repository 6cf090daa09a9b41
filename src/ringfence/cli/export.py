"""ringfence export: the values of a run as CSV or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..runs import RunFolder, export_csv, export_json
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; stdout when it is left out.")
def command(run: Path, form: str, out: Path | None) -> None:
    """Write one row a document: its id, status and values.

    CSV is UTF-8 with a byte order mark, so that spreadsheets read it; cells that a spreadsheet would take for a
    formula get a leading apostrophe. Money takes two columns.
    """
    folder = RunFolder.open(run)
    write = export_csv if form == "csv" else export_json
    if out is None:
        write(folder, sys.stdout)
        return
    with out.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as stream:
        count = write(folder, stream)
    note(f"Wrote {count} rows to {out}.")
