"""ringfence export: the values of a run as CSV, XLSX, Parquet or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..gold.corrections import corrected_run
from ..runs import RunFolder, list_names
from ..runs.export import FORMATS, export_format, export_run, print_run
from ..runs.joined_run import join_runs
from .console import note

__all__ = ["command"]


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="The format; by default the ending of --out, or csv."
)
@click.option("--list", "of_list", help="CSV: one row for each record of this list, instead of one for each document.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; by default stdout.")
@click.option("--gold", type=click.Path(path_type=Path), help="Write the values of this gold in place of the answers.")
def command(runs: tuple[Path, ...], form: str | None, of_list: str | None, out: Path | None, gold: Path | None) -> None:
    """Write one row for each document: its id, status and values.

    CSV is UTF-8 with a byte order mark, so that spreadsheets read it; a cell that a spreadsheet would take for a
    formula gets a leading apostrophe. Money takes two columns. XLSX has a sheet for each list; Parquet and JSON keep
    records and lists nested. With several RUNS a document has the answer of the first that answered it, and a column
    names its weights. With --gold three columns say who confirmed a document, when, and which cells were
    corrected, with their former values.
    """
    folder = join_runs([RunFolder.open(run) for run in runs])
    if gold:
        folder = corrected_run(folder, gold)
        corrected = sum(bool(one.former) for one in folder.corrections.values())
        note(f"{len(folder.corrections)} documents were confirmed by persons; in {corrected} of them values changed.")
    if out is None:
        print_run(folder, sys.stdout, form, of_list)
    else:
        note(f"Wrote {export_run(folder, out, form, of_list)} rows to {out}.")
    lists = list_names(folder)
    if lists and not of_list and export_format(out, form) == "csv":
        note(
            f"This file does not contain the records of {', '.join(lists)}: "
            f"write them with --list {lists[0]}, or use --format xlsx."
        )
