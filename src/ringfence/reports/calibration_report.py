"""calibration.html: reliability, what is accepted at the target error, and the bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..evaluation.calibrating import Fitted, reliability
from ..evaluation.calibrator import Calibrator, Threshold
from .evaluation_report import page_environment
from .plots import coverage_plot, reliability_plot

__all__ = ["coverage_curve", "write_calibration"]


def coverage_curve(scores: npt.NDArray[np.float64], wrong: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
    """(share accepted, share wrong among them) for every threshold, at most a hundred points."""
    order = np.argsort(-scores, kind="stable")
    errors = np.cumsum(wrong[order])
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # ties are accepted together
    picked = last[np.unique(np.linspace(0, len(last) - 1, 100).astype(int))]
    return [((place + 1) / len(scores), errors[place] / (place + 1)) for place in map(int, picked)]


def write_calibration(fitted: Fitted, calibrator: Calibrator, about: Mapping[str, Any], target: Path) -> Path:
    """Write the page."""
    before, after = reliability(fitted.raw, fitted.right), reliability(fitted.confidence, fitted.right)
    scores = np.array([least for least, _, _ in fitted.documents.values()])
    wrong = np.array([not right for _, right, _ in fitted.documents.values()], bool)
    curves = {"values": coverage_curve(fitted.confidence, ~fitted.right), "documents": coverage_curve(scores, wrong)}
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
