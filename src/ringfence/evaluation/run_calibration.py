"""Calibrate a run: fit a calibrator on its gold, and say in sentences what it accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..extras import need
from ..gold.file import GoldFile, gold_digest
from ..gold.near_duplicates import families_of, near_duplicates
from ..gold.source import GoldSource
from ..gold.split import Split, SplitFile
from ..runs import RunFolder
from .calibration import CalibrationFit, Reliability, allowed_errors, fit, least_accepted, reliability
from .calibrator import POOLED, AcceptanceTerms, Calibrator, Threshold
from .evaluator import gold_part, items_of_results, run_results
from .items import states_all

__all__ = ["RunCalibration", "calibrate_run"]


@dataclass(frozen=True)
class RunCalibration:
    """A calibrator with the fit behind it: the run and task it was fitted on, and what its figures mean.

    ``unread`` are documents that could not be read again: if some nearly repeat others, they count apart all the same.
    """

    task: str
    run: str
    fitted: CalibrationFit
    calibrator: Calibrator
    unread: int = 0

    @property
    def thresholds(self) -> dict[str, Threshold | None]:
        """The threshold for values and the one for whole documents; None if the labels allow none."""
        return {"value": self.calibrator.value, "document": self.calibrator.document}

    @property
    def found_threshold(self) -> bool:
        """Whether the labels allow at least one threshold."""
        return any(self.thresholds.values())

    @property
    def before(self) -> Reliability:
        """The reliability of what the language model itself says."""
        return reliability(self.fitted.raw, self.fitted.right)

    @property
    def after(self) -> Reliability:
        """The reliability of the cross-fitted confidences."""
        return reliability(self.fitted.confidence, self.fitted.right)

    @property
    def feasibility(self) -> str:
        """How many labels the target takes, and how many there are."""
        target, confidence = self.calibrator.target_error, self.calibrator.bound_confidence
        values, documents = len(self.fitted.items), len(self.fitted.documents)
        return (
            f"A bound of {target:.0%} takes at least {least_accepted(target, confidence)} accepted without an error. "
            f"There are {values} values of {documents} documents. If all are accepted, the bound allows "
            f"{_allowed(values, target, confidence)} among the values, "
            f"and {_allowed(documents, target, confidence)} among the documents."
        )

    @property
    def models(self) -> str:
        """Which fields have a model of their own."""
        if own := sorted(set(self.calibrator.models) - {POOLED}):
            return f"Fields with their own model: {', '.join(own)}; the other fields share one."
        return "All fields share one model, with the field as a feature."

    def sentence(self, unit: str) -> str:
        """What the threshold of a unit (value or document) accepts, or how many labels would allow one."""
        chosen = self.thresholds[unit]
        target, confidence = self.calibrator.target_error, self.calibrator.bound_confidence
        if chosen is None:
            needed = self.fitted.needed(unit, target, confidence)
            return f"Per {unit}: no threshold; everything goes to review. {needed}"
        return (
            f"Per {unit}: accept at {chosen.at:.4f} or more; {chosen.accepted} of {chosen.items} pass "
            f"({chosen.share:.0%}), {chosen.errors} of them wrong: with {confidence:.0%} confidence "
            f"at most {chosen.bound:.2%}. {1 - chosen.share:.0%} go to review."
        )

    def as_json(self) -> dict[str, Any]:
        """Every figure as plain data."""
        thresholds = {
            unit: None if chosen is None else {**asdict(chosen), "share": chosen.share}
            for unit, chosen in self.thresholds.items()
        }
        return {
            "schema": 1,
            "digest": self.calibrator.digest,
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "thresholds": thresholds,
        }


def calibrate_run(
    folder: RunFolder, gold: Path, terms: AcceptanceTerms | None = None, part: str | None = None
) -> RunCalibration:
    """Fit a calibrator on the answers of a run and their gold.

    ``part`` names a part of split gold; the calibration part by default. Raises InputError if the task has no values to
    accept, if a calibrator decided the run already, or if too few documents have gold and an answer.
    """
    need("evaluation", "scipy", "sklearn")
    terms = terms or AcceptanceTerms()
    task, results, lock = run_results(folder)
    if not task.calibratable:
        raise InputError(f"A {task.kind} task has no values to accept.", "Calibrate extract or classify tasks.")
    if folder.read_facts().lock.data.get("calibrator"):
        raise InputError("This run already has calibrator decisions.", "Calibrate a run made without --calibrator.")
    if part is None and SplitFile(gold).path.exists():
        part = "calibration"
    lines, split = gold_part(GoldFile(gold), part, f"calibrate {folder.path}", lock, task)
    families, unread = _families(folder, [name for name in lines if name in results], split)
    items = items_of_results(task, results, lines, families, terms.compare)
    fitted = fit(items, results, complete=[name for name, line in lines.items() if states_all(task, line)])
    if not any(item.answered for item in items):
        raise InputError("The run answers no document of the gold.", "Run the documents that have gold first.")
    if len({item.family for item in fitted.items}) < 2:
        raise InputError(
            "The gold's values come from fewer than two documents (or families of near-duplicates).",
            "Label more, as each confidence is fitted on other documents. `ringfence budget` says how many you need.",
        )
    calibrator = fitted.calibrator(terms, lock, gold_digest(lines))
    return RunCalibration(task.name, str(folder.path), fitted, calibrator, 0 if split else unread)


def _families(folder: RunFolder, names: Sequence[str], split: Split | None) -> tuple[dict[str, str], int]:
    """The families of documents, those of a split and near-duplicates, and how many could not be read for that."""
    documents = GoldSource(folder.path).read_documents(names)
    pairs = near_duplicates({name: each.text for name, each in documents.items()})
    return families_of(names, pairs, split.families if split else {}), len(names) - len(documents)


def _allowed(total: int, target: float, confidence: float) -> str:
    most = allowed_errors(total, target, confidence)
    return "no bound that low" if most is None else f"at most {most} wrong"
