"""ringfence calibrate: fit confidences on gold, and find the thresholds for answers that need no person."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..evaluation.calibrator import AcceptanceTerms
from ..evaluation.run_calibration import RunCalibration, calibrate_run
from ..gold.agreement import Compare
from ..reports.calibration_report import write_calibration
from ..runs import GOLD, RunFolder, note_product, require_output
from .console import echo, note
from .options import json_option

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--gold", "gold_path", required=True, type=click.Path(path_type=Path), help="The gold file.")
@click.option(
    "--part", type=click.Choice(["calibration", "dev", "all"]),
    help="The part to use, if the gold is split; by default calibration.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("calibrator.json"), show_default=True,
    help="The calibrator to write.",
)  # fmt: skip
@click.option(
    "--target-error", type=click.FloatRange(0.001, 0.5), default=AcceptanceTerms.target_error, show_default=True,
    help="The largest share of accepted answers that may be wrong.",
)  # fmt: skip
@click.option(
    "--confidence", type=click.FloatRange(0.5, 0.999), default=AcceptanceTerms.confidence, show_default=True,
    help="The confidence of the bound on that error.",
)  # fmt: skip
@click.option(
    "--spot-check", type=click.FloatRange(0, 1), default=AcceptanceTerms.spot_check, show_default=True,
    help="The share of accepted documents that a person checks anyway.",
)  # fmt: skip
@click.option(
    "--compare", type=click.Choice(["words", "letters"]), default=AcceptanceTerms.compare, show_default=True,
    help="Compare text by its words, without case, or by its letters and digits only.",
)  # fmt: skip
@json_option
def command(
    *, run: Path, gold_path: Path, part: str | None, out: Path, target_error: float, confidence: float,
    spot_check: float, compare: Compare, as_json: bool,
) -> int:  # fmt: skip
    """Fit a calibrator on the gold of RUN, and choose the thresholds above which later runs accept answers.

    `ringfence run --calibrator FILE` applies it. Exit code 1: the labels allow no threshold; the output states how many
    labels would.
    """
    folder = RunFolder.open(run)
    for target in (out, out.with_suffix(".html")):
        require_output(target, gold_path, run=folder)
    terms = AcceptanceTerms(target_error, confidence, spot_check, compare)
    calibration = calibrate_run(folder, gold_path, terms, part)
    calibration.calibrator.write(out)
    page = write_calibration(calibration, out.with_suffix(".html"))
    for what, path in ((GOLD, gold_path), ("calibrator", out), ("report of a calibrator", page)):
        note_product(folder, what, path)
    if calibration.unread:
        note(
            f"{calibration.unread} documents could not be read again, so it is not known whether some nearly repeat "
            "others; they count apart. Put their files back, or split the gold: ringfence gold split."
        )
    note(calibration.feasibility)
    if as_json:
        click.echo(json.dumps({**calibration.as_json(), "calibrator": str(out)}))
    else:
        _print_calibration(calibration)
        note(f"{calibration.models} Calibrator: {out} ({calibration.calibrator.digest[:19]}).")
        note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 0 if calibration.found_threshold else 1


def _print_calibration(calibration: RunCalibration) -> None:
    before, after = calibration.before, calibration.after
    note(
        f"Brier score: {before.brier:.4f} before, {after.brier:.4f} after; "
        f"expected calibration error: {before.ece:.4f} before, {after.ece:.4f} after."
    )
    for unit in calibration.thresholds:
        echo(calibration.sentence(unit))
