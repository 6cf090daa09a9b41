"""Label budget: how many labels a bar or a difference takes, before anybody labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..extras import need
from .calibration import least_accepted
from .statistics import exact_bound, labels_for_difference, right_needed

__all__ = ["BudgetRow", "LabelBudget", "label_budget"]

SIZES = (20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)


@dataclass(frozen=True)
class BudgetRow:
    """For one number of labels: how many must be right to certify the bar (None: not even all of them suffice).

    ``certified_if_all_right`` is the highest bar that this number of labels can certify.
    """

    labels: int
    right_needed: int | None
    share_needed: float | None
    certified_if_all_right: float


@dataclass(frozen=True)
class LabelBudget:
    """What a bar takes. ``least`` is the smallest number of labels that can certify it.

    ``labels_for_difference`` is the number of labels that show a ``difference`` between two systems which differ on the
    share ``discordant`` of the items; None if the difference exceeds that share.
    """

    bar: float
    confidence: float
    rows: Sequence[BudgetRow]
    least: int
    difference: float
    discordant: float
    labels_for_difference: int | None

    def documents(self, values_per_document: int) -> tuple[int, int]:
        """The fewest documents for a bar over values: if values err independently, and if errors come together."""
        return -(-self.least // values_per_document), self.least

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"schema": 1, **asdict(self)}


def label_budget(
    bar: float,
    sizes: Sequence[int] = SIZES,
    confidence: float = 0.95,
    difference: float = 0.03,
    discordant: float = 0.15,
) -> LabelBudget:
    """Compute the budget by exact (Clopper-Pearson) one-sided bounds over independent items."""
    need("evaluation", "scipy")
    rows = []
    for total in sizes:
        right = right_needed(total, bar, confidence)
        share = None if right is None else right / total
        rows.append(BudgetRow(total, right, share, exact_bound(total, total, "lower", confidence)))
    least = least_accepted(1 - bar, confidence)  # all right certifies a bar as none wrong certifies a target error
    pairs = labels_for_difference(difference, discordant, confidence=confidence)
    return LabelBudget(bar, confidence, rows, least, difference, discordant, pairs)
