"""calibration.html: reliability, the share of answers accepted at the target error, and the bounds."""

from __future__ import annotations

from pathlib import Path

from ..evaluation.calibration import coverage_curve
from ..evaluation.run_calibration import RunCalibration
from ..extras import need
from ..files import write_whole
from .evaluation_report import page_environment
from .plots import coverage_plot, reliability_plot

__all__ = ["write_calibration"]


def write_calibration(calibration: RunCalibration, target: Path) -> Path:
    """Write the page, which only its owner can read, and return its path."""
    need("evaluation", "matplotlib")
    fitted, calibrator, before, after = (
        calibration.fitted,
        calibration.calibrator,
        calibration.before,
        calibration.after,
    )
    curves = {}
    for unit in calibration.thresholds:
        scores, wrong, _ = fitted.accepted_by(unit)
        curves[f"{unit}s"] = coverage_curve(list(scores), list(wrong), len(scores))
    marks = {f"{unit}s": (at.share, at.errors / at.accepted) for unit, at in calibration.thresholds.items() if at}
    page = page_environment().get_template("calibration.html.j2")
    text = page.render(
        task=calibration.task,
        run=calibration.run,
        feasible=calibration.feasibility,
        fields=calibration.models,
        rows=[
            {"unit": unit, "threshold": threshold, "sentence": calibration.sentence(unit)}
            for unit, threshold in calibration.thresholds.items()
        ],
        digest=calibrator.digest,
        lock=calibrator.for_lock,
        values=len(fitted.items),
        documents=len(fitted.documents),
        confidence=calibrator.bound_confidence,
        spot_check=calibrator.spot_check,
        before=before,
        after=after,
        reliability=reliability_plot(before.bins, after.bins),
        coverage=coverage_plot(curves, calibrator.target_error, marks),
    )
    write_whole(target, text, private=True)
    return target
