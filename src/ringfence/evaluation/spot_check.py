"""Spot-checks: what a person finds in accepted documents, against what the calibrator promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, Result
from ..errors import InputError
from ..extras import need
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile, gold_digest
from ..gold.split import SplitFile
from ..gold.workbook import draft_rows, write_workbook
from ..runs import RunFolder
from ..tasks import Task
from .calibrator import AcceptanceTerms, Calibrator
from .evaluator import RunResults, run_results
from .items import items_of, wholly_right
from .statistics import exact_bound

__all__ = ["SpotCheck", "draft_spot_check", "drawn_documents", "spot_check", "spot_check_run"]

ROUNDING = 1e-9


@dataclass(frozen=True)
class SpotCheck:
    """How many documents were drawn, how many of them a person checked, and which are wrong.

    The promise is BROKEN if even the lower bound of the error exceeds the target, HOLDS if the upper bound is within
    it, and OPEN otherwise.
    """

    drawn: int
    checked: int
    wrong: list[str]
    target: float
    confidence: float

    @property
    def bounds(self) -> tuple[float, float]:
        """The one-sided exact bounds of the error among accepted documents."""
        return (
            exact_bound(len(self.wrong), self.checked, "lower", self.confidence),
            exact_bound(len(self.wrong), self.checked, "upper", self.confidence),
        )

    @property
    def word(self) -> str:
        """BROKEN, HOLDS or OPEN."""
        low, high = self.bounds
        # A search finds the bounds: one wrong of one gives 0.05 and a rounding error.
        return "BROKEN" if low > self.target + ROUNDING else "HOLDS" if high <= self.target + ROUNDING else "OPEN"

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        low, high = self.bounds
        if self.word == "BROKEN":
            return (
                f"BROKEN: with {self.confidence:.0%} confidence more than {low:.1%} of the accepted documents "
                f"are wrong; the promise is {self.target:.0%}. Stop accepting, and calibrate again."
            )
        if self.word == "HOLDS":
            return (
                f"HOLDS: with {self.confidence:.0%} confidence at most {high:.1%} of the accepted documents are wrong; "
                f"the promise is {self.target:.0%}."
            )
        return (
            f"OPEN: the error lies between {low:.1%} and {high:.1%}; "
            f"only more checks can tell whether it stays within {self.target:.0%}."
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "schema": 1,
            "drawn": self.drawn,
            "checked": self.checked,
            "wrong": self.wrong,
            "bounds": list(self.bounds),
            "target": self.target,
            "word": self.word,
        }


def spot_check(
    task: Task, results: Mapping[str, Result], corrections: Mapping[str, GoldLine], terms: AcceptanceTerms
) -> SpotCheck:
    """Compare the drawn documents with the corrections that a person made.

    Only drawn documents count, because only they are a random sample, and of these only those that the corrections
    find wrong, or state in every value and find right: of others nobody knows.
    """
    drawn = [identity for identity, result in results.items() if result.decision == "spot-check"]
    right: dict[str, bool] = {}
    for identity in drawn:
        if (said := corrections.get(identity)) is not None:
            items = list(items_of(task, results[identity], said, identity, terms.compare))
            if (whole := wholly_right(task, items, said)) is not None:
                right[identity] = whole
    wrong = [identity for identity, all_right in right.items() if not all_right]
    return SpotCheck(len(drawn), len(right), wrong, terms.target_error, terms.confidence)


def drawn_documents(folder: RunFolder, calibrator: Calibrator) -> RunResults:
    """The documents of a run that the calibrator drew for a spot-check.

    Raises InputError if this calibrator did not decide the run.
    """
    task, results, lock = run_results(folder)
    if folder.read_facts().lock.data.get("calibrator") != calibrator.digest:
        raise InputError(
            "The run was not decided by this calibrator.", "Give the calibrator that decided it (--calibrator)."
        )
    drawn = {identity: result for identity, result in results.items() if result.decision == "spot-check"}
    return RunResults(task, drawn, lock)


def draft_spot_check(folder: RunFolder, calibrator: Calibrator, out: Path, blind: bool = False) -> list[str]:
    """Write a workbook of the drawn documents for a person to correct; ``blind`` leaves the answers out.

    Returns the ids of the documents. Raises InputError like ``drawn_documents``.
    """
    task, drawn, lock = drawn_documents(folder, calibrator)
    facts = {"origin": "blind" if blind else "pre-filled", "lock": lock, "asked": task.canonical()}
    write_workbook(draft_rows(drawn.values(), task, blind), task, facts, out)
    return list(drawn)


def spot_check_run(folder: RunFolder, calibrator: Calibrator, gold: Path) -> SpotCheck:
    """Check the drawn documents of a run against corrections in a gold file. A look at its test part is recorded.

    Raises InputError like ``drawn_documents``, or if the gold does not fit the task.
    """
    need("evaluation", "scipy")
    task, drawn, lock = drawn_documents(folder, calibrator)
    latest = GoldFile(gold).latest()
    require_gold_fits(task, latest, gold)
    file = SplitFile(gold)
    if (split := file.read()) and any(split.part_of(identity) == "test" for identity in drawn):
        file.opened(f"spot-check {folder.path}", lock, gold_digest(latest))
    return spot_check(task, drawn, latest, calibrator.terms)
