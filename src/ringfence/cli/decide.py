"""ringfence decide: the decisions of a calibrator for a run that is there already."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from ..audit import audit_here, recorder
from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..reports import write_report
from ..runs import RunFolder
from ..runs.deciding import decide_again
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--calibrator",
    "calibrator_file",
    required=True,
    type=click.Path(path_type=Path),
    help="What `ringfence calibrate` fitted.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The new run folder.")
def command(run: Path, calibrator_file: Path, out: Path) -> int:
    """Decide the answers of RUN (accept, review, spot-check) into a new run folder, without asking the model again."""
    folder, calibrator = RunFolder.open(run), read_calibrator(calibrator_file)
    if calibrator.for_lock != folder.read_facts()["lock"]["digest"]:
        raise InputError(
            "The calibrator was fitted on answers under another lock.", "Fit one on a run under this lock."
        )
    audit = audit_here()
    write = recorder(audit, str(out)) if audit else lambda result: None
    decided = decide_again(folder, out, calibrator.digest, calibrator.decide, write)
    counts = Counter(str(result["decision"]) for result in decided.latest())
    write_report(out)
    note("Decisions: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) + f". In {out}.")
    return 0
