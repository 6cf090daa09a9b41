"""What needs no person: fit a calibrator on the calibration part, measure it on the test part, add the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contracts import Result
from ..evaluation.calibration import CalibrationFit, coverage_curve, fit
from ..evaluation.calibrator import AcceptanceTerms, Calibrator, Threshold
from ..evaluation.evaluator import items_of_results
from ..evaluation.items import Item, states_all, wholly_right
from ..gold.file import gold_digest
from .data import PilotData
from .outcome import AcceptanceOutcome, ContenderOutcome
from .spec import PilotSpec

__all__ = ["Acceptance", "calibrate_and_accept", "costs_of"]


@dataclass(frozen=True)
class Acceptance:
    """The calibrator, what it accepts of the test part, the coverage curves, and the confidence of each value.

    ``confidences`` is keyed by document and path. Everything is empty for a task that cannot be calibrated.
    """

    calibrator: Calibrator | None = None
    accepted: Sequence[AcceptanceOutcome] = ()
    coverage: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    confidences: Mapping[tuple[str, str], float] = field(default_factory=dict)


def calibrate_and_accept(
    data: PilotData, results: Mapping[str, Result], chosen: ContenderOutcome, test_items: Sequence[Item]
) -> Acceptance:
    """Fit on the calibration part, then count what passes on the test part and how much of it is wrong."""
    spec, task, gold = data.setup.spec, data.setup.task, data.part("calibration")
    if not task.calibratable:
        return Acceptance()
    items = items_of_results(task, results, gold, data.split.families, spec.compare)
    fitted = fit(items, results, complete=[name for name, line in gold.items() if states_all(task, line)])
    if not fitted.items:
        return Acceptance()
    terms = AcceptanceTerms(spec.target_error, spec.bar.confidence, spec.spot_check, spec.compare)
    calibrator = fitted.calibrator(terms, chosen.lock, gold_digest(gold))
    confidences: dict[tuple[str, str], float] = {}
    least: dict[str, float] = {}
    for identity in {item.document for item in test_items if item.answered}:
        for path, confidence in calibrator.confidences(results[identity]).items():
            confidences[identity, path] = round(confidence, 6)
        least[identity] = calibrator.least(results[identity])
    values = [
        (confidences[i.document, i.entry], i.right)
        for i in test_items
        if i.answered and i.entry and i.field in calibrator.fields
    ]
    by_document: dict[str, list[Item]] = {}
    for item in test_items:
        by_document.setdefault(item.document, []).append(item)
    tested = data.part("test")
    judged = {name: wholly_right(task, items, tested[name]) for name, items in by_document.items() if name in tested}
    whole = {name: right for name, right in judged.items() if right is not None}
    documents = [(least.get(identity, 0.0), right) for identity, right in whole.items()]
    accepted = [
        _accepted(_Scored("value", values, len(test_items)), calibrator.value, fitted, spec),
        _accepted(_Scored("document", documents, len(whole)), calibrator.document, fitted, spec),
    ]
    coverage = {
        f"{unit}s": coverage_curve([score for score, _ in rows], [not right for _, right in rows], total)
        for unit, rows, total in (("value", values, len(test_items)), ("document", documents, len(whole)))
    }
    return Acceptance(calibrator, accepted, coverage, confidences)


@dataclass(frozen=True)
class _Scored:
    """The confidence of each value or document that has one, and whether it is right; ``total`` counts all."""

    unit: str
    rows: Sequence[tuple[float, bool]]
    total: int


def _accepted(
    scored: _Scored, threshold: Threshold | None, fitted: CalibrationFit, spec: PilotSpec
) -> AcceptanceOutcome:
    unit, total, confidence = scored.unit, scored.total, spec.bar.confidence
    if threshold is None:
        needed = fitted.needed(unit, spec.target_error, confidence)
        return AcceptanceOutcome(unit, total, 0, 0, None, f"No threshold: every {unit} goes to review. {needed}")
    passed = [right for score, right in scored.rows if score >= threshold.at]
    wrong = passed.count(False)
    sentence = (
        f"{len(passed)} of {total} {unit}s of the test part pass, {wrong} of them wrong; on the calibration part "
        f"{threshold.errors} of {threshold.accepted}, so with {confidence:.0%} confidence "
        f"at most {threshold.bound:.1%}."
    )
    return AcceptanceOutcome(unit, total, len(passed), wrong, threshold.bound, sentence)


def costs_of(spec: PilotSpec, chosen: ContenderOutcome, accepted: Sequence[AcceptanceOutcome]) -> dict[str, Any]:
    """The cost of a document, in machine time and review, at the accepted share and with full review."""
    costs = spec.costs
    by_hand = costs.review_minutes_per_document * costs.review_minute
    share = next((outcome.share for outcome in accepted if outcome.unit == "document"), 0.0)
    values = next((outcome.share for outcome in accepted if outcome.unit == "value"), 0.0)
    machine = costs.machine_hour / chosen.hourly if chosen.hourly else None
    checked = (1 - share * (1 - spec.spot_check)) * by_hand
    return {
        "currency": costs.currency,
        "by_hand": by_hand,
        "machine": machine,
        "review": checked,
        "review_of_values": (1 - values) * by_hand,  # if each value takes its share of the minutes
        "each": None if machine is None else machine + checked,
        "accepted_share": share,
        "accepted_values": values,
        "review_minutes": checked / costs.review_minute if costs.review_minute else 0.0,
        "hourly": chosen.hourly,
    }
