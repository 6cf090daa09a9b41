"""ringfence export: the values of a run as CSV, XLSX, Parquet or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import InputError
from ..runs import RunFolder, export_csv, export_json, export_parquet, export_xlsx, list_names
from .screen import note

__all__ = ["command"]

_FORMATS = ("csv", "json", "xlsx", "parquet")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), help="By default what the ending of --out says, else csv."
)
@click.option("--list", "of_list", help="CSV: one row for each record of this list, instead of one for each document.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; stdout when it is left out.")
def command(run: Path, form: str | None, of_list: str | None, out: Path | None) -> None:
    """Write one row a document: its id, status and values.

    CSV is UTF-8 with a byte order mark, so that spreadsheets read it; cells that a spreadsheet would take for a
    formula get a leading apostrophe. Money takes two columns. XLSX has a sheet for each list; Parquet and JSON keep
    records and lists nested.
    """
    ending = out.suffix.lower().lstrip(".") if out else ""
    form = form or (ending if ending in _FORMATS else "csv")
    if form in ("xlsx", "parquet") and out is None:
        raise InputError(f"{form} is not for the terminal.", f"Name a file: --out values.{form}.")
    if of_list and form != "csv":
        raise InputError("--list goes with CSV; the other formats hold every list.", "Leave it out, or write CSV.")
    folder = RunFolder.open(run)
    if out is None:
        if form == "csv":
            export_csv(folder, sys.stdout, of_list)
        else:
            export_json(folder, sys.stdout)
    elif form in ("xlsx", "parquet"):
        write = export_xlsx if form == "xlsx" else export_parquet
        note(f"Wrote {write(folder, out)} documents to {out}.")
    else:
        with out.open(
            "w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="", errors="backslashreplace"
        ) as stream:
            count = export_csv(folder, stream, of_list) if form == "csv" else export_json(folder, stream)
        note(f"Wrote {count} rows to {out}.")
    lists = list_names(folder)
    if form == "csv" and not of_list and lists:
        note(
            f"The records of {', '.join(lists)} are not in it; write them with --list {lists[0]}, or as --format xlsx."
        )
