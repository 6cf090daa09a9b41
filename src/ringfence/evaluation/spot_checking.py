"""Spot-checks: what a person found in accepted documents, against what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..tasks import Task
from .agreement import Compare
from .gold import GoldEntry
from .outcomes import items_of
from .statistics import exact_bound

__all__ = ["SpotCheck", "spot_check"]

ROUNDING = 1e-9


@dataclass(frozen=True)
class SpotCheck:
    """``wrong`` of ``checked`` documents that a person looked at, of those drawn. The promise is BROKEN when even the
    lower bound of the error is over the target, HOLDS when the upper bound is within it, else OPEN."""

    drawn: int
    checked: int
    wrong: list[str]
    target: float
    confidence: float

    @property
    def bounds(self) -> tuple[float, float]:
        """The one-sided exact bounds of the error among the accepted."""
        return (
            exact_bound(len(self.wrong), self.checked, "lower", self.confidence),
            exact_bound(len(self.wrong), self.checked, "upper", self.confidence),
        )

    @property
    def word(self) -> str:
        """BROKEN, HOLDS or OPEN."""
        low, high = self.bounds
        # The bounds are found by a search: one wrong of one is 0.05 and a rounding error.
        return "BROKEN" if low > self.target + ROUNDING else "HOLDS" if high <= self.target + ROUNDING else "OPEN"


def spot_check(
    task: Task,
    results: Mapping[str, Mapping[str, Any]],
    corrections: Mapping[str, GoldEntry],
    target: float,
    confidence: float,
    compare: Compare,
) -> SpotCheck:
    """Compare the drawn documents with what the person says. Only documents that were drawn count: others were not
    chosen by chance; and of those, the ones that the person says anything of."""
    drawn = [identity for identity, result in results.items() if result["decision"] == "spot-check"]
    right: dict[str, bool] = {}
    for identity in drawn:
        if identity in corrections:
            items = list(items_of(task, results[identity], corrections[identity], identity, compare))
            if items:
                right[identity] = all(item.right for item in items)
    wrong = [identity for identity, one in right.items() if not one]
    return SpotCheck(len(drawn), len(right), wrong, target, confidence)
