"""ringfence report: write report.html of a run anew."""

from __future__ import annotations

from pathlib import Path

import click

from ..reports import write_report
from .options import passwords_from
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
def command(run: Path, password_file: Path | None) -> None:
    """Write report.html into RUN: every document beside its values, one page, works offline."""
    note(f"Report: {write_report(run, passwords_from(password_file)).resolve().as_uri()}")
