"""ringfence report: write the page of a run again."""

from __future__ import annotations

from pathlib import Path

import click

from ..api import open_run
from .console import note
from .options import password_option

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@password_option
def command(run: Path, passwords: tuple[str, ...]) -> None:
    """Write report.html into RUN, one offline page with every document beside its values."""
    note(f"Report: {open_run(run).report(passwords).resolve().as_uri()}")
