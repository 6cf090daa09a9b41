"""ringfence decide: apply a calibrator to a finished run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from ..api import open_run
from ..evaluation.calibrator import read_calibrator
from .console import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--calibrator", "calibrator_file", required=True, type=click.Path(path_type=Path),
    help="The file from `ringfence calibrate`.",
)  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The new run folder.")
def command(run: Path, calibrator_file: Path, out: Path) -> int:
    """Decide on the answers of RUN (accept, review, spot-check) in a new run folder, without the model."""
    decided = open_run(run).decide(read_calibrator(calibrator_file), out)
    decided.report()
    counts = Counter(str(result.decision) for result in decided.results())
    note("Decisions: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) + f". In {out}.")
    return 0
