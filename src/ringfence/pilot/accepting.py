"""What of a pilot needs no person: fitted on the calibration part, seen on the test part, and what a document costs then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.calibrating import Fitted, coverage_curve, fit
from ..evaluation.calibrator import Calibrator, Threshold
from ..evaluation.evaluating import items_of_results
from ..evaluation.gold import gold_digest
from ..evaluation.outcomes import Item
from ..tasks import SummariseTask, Task
from ..weights import now
from .documents import PilotDocuments
from .outcome import Accepted, ContenderOutcome
from .spec import PilotSpec

__all__ = ["calibrate_and_accept", "costs_of"]


def calibrate_and_accept(
    spec: PilotSpec,
    docs: PilotDocuments,
    task: Task,
    results: Mapping[str, Mapping[str, Any]],
    chosen: ContenderOutcome,
    test_items: Sequence[Item],
) -> tuple[Calibrator | None, list[Accepted], dict[str, list[tuple[float, float]]], dict[tuple[str, str], float]]:
    """Fit on the calibration part; on the test part see what passes and what is wrong among it."""
    if isinstance(task, SummariseTask):
        return None, [], {}, {}
    items = items_of_results(task, results, docs.part("calibration"), docs.split.families, spec.compare)
    fitted = fit(items, results)
    if not fitted.items:
        return None, [], {}, {}
    confidence = spec.bar.confidence
    thresholds = {unit: fitted.threshold(unit, spec.target_error, confidence) for unit in ("value", "document")}
    calibrator = Calibrator(
        fitted.models, thresholds["value"], thresholds["document"], spec.target_error, confidence, spec.spot_check,
        chosen.lock, gold_digest(docs.part("calibration")), now(), spec.compare, fitted.stated,
    )  # fmt: skip
    confidences: dict[tuple[str, str], float] = {}
    least: dict[str, float] = {}
    for identity in {item.document for item in test_items if item.answered}:
        for path, one in calibrator.confidences(results[identity]).items():
            confidences[identity, path] = round(one, 6)
        least[identity] = calibrator.least(results[identity])
    values = [
        (confidences[i.document, i.entry], i.right)
        for i in test_items
        if i.answered and i.entry and i.field in calibrator.fields
    ]
    whole: dict[str, bool] = {}
    for item in test_items:
        whole[item.document] = whole.get(item.document, True) and item.right
    documents = [(least.get(identity, 0.0), right) for identity, right in whole.items()]
    scored = {"value": (values, len(test_items)), "document": (documents, len(whole))}
    accepted = [_accepted(unit, thresholds[unit], rows, total, fitted, spec) for unit, (rows, total) in scored.items()]
    coverage = {
        f"{unit}s": coverage_curve([score for score, _ in rows], [not right for _, right in rows], total)
        for unit, (rows, total) in scored.items()
    }
    return calibrator, accepted, coverage, confidences


def _accepted(
    unit: str,
    threshold: Threshold | None,
    rows: Sequence[tuple[float, bool]],
    total: int,
    fitted: Fitted,
    spec: PilotSpec,
) -> Accepted:
    if threshold is None:
        needed = fitted.needed(unit, spec.target_error, spec.bar.confidence)
        return Accepted(unit, total, 0, 0, None, f"No threshold: every {unit} goes to review. {needed}")
    passed = [right for confidence, right in rows if confidence >= threshold.at]
    wrong = passed.count(False)
    sentence = (
        f"{len(passed)} of {total} {unit}s of the test part pass, {wrong} of them wrong; on the calibration part {threshold.errors} of "
        f"{threshold.accepted}, so with {spec.bar.confidence:.0%} confidence at most {threshold.bound:.1%}."
    )
    return Accepted(unit, total, len(passed), wrong, threshold.bound, sentence)


def costs_of(spec: PilotSpec, chosen: ContenderOutcome, accepted: Sequence[Accepted]) -> dict[str, Any]:
    """Machine time and review minutes for a document, with the share that is accepted, beside review of everything."""
    costs = spec.costs
    by_hand = costs.review_minutes_per_document * costs.review_minute
    share = next((one.share for one in accepted if one.unit == "document"), 0.0)
    values = next((one.share for one in accepted if one.unit == "value"), 0.0)
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
