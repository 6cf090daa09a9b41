"""calibration.html: reliability, what is accepted at the target error, and the bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..evaluation.calibrating import Fitted, coverage_curve, reliability
from ..evaluation.calibrator import Calibrator, Threshold
from .evaluation_report import page_environment
from .plots import coverage_plot, reliability_plot

__all__ = ["write_calibration"]


def write_calibration(fitted: Fitted, calibrator: Calibrator, about: Mapping[str, Any], target: Path) -> Path:
    """Write the page."""
    before, after = reliability(fitted.raw, fitted.right), reliability(fitted.confidence, fitted.right)
    curves = {}
    for unit in ("value", "document"):
        scores, wrong, _ = fitted.accepted_by(unit)
        curves[f"{unit}s"] = coverage_curve(list(scores), list(wrong), len(scores))
    chosen: Sequence[tuple[str, Threshold | None]] = (("values", calibrator.value), ("documents", calibrator.document))
    marks = {name: (one.share, one.errors / one.accepted) for name, one in chosen if one}
    page = page_environment().get_template("calibration.html.j2")
    text = page.render(
        digest=calibrator.digest,
        lock=calibrator.for_lock,
        values=len(fitted.items),
        documents=len(fitted.documents),
        confidence=calibrator.bound_confidence,
        spot_check=calibrator.spot_check,
        before=before,
        after=after,
        reliability=reliability_plot(before["bins"], after["bins"]),
        coverage=coverage_plot(curves, calibrator.target_error, marks),
        **about,
    )
    target.write_text(text, encoding="utf-8", errors="backslashreplace")
    target.chmod(0o600)
    return target
