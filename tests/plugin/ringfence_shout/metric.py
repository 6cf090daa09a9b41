"""A metric: how many headlines agree with the gold when capital letters do not count."""

from __future__ import annotations

from typing import Any

from ringfence.evaluation import Evaluated, Proportion
from ringfence.tasks import Task

__all__ = ["METRIC"]


class SpokenMetric:
    """The share of headlines that sound like the gold's, with its interval."""

    name = "spoken"

    def applies_to(self, task: Task) -> bool:
        """Headlines only."""
        return task.kind == "headline"

    def compute(self, evaluated: Evaluated) -> dict[str, Any] | None:
        """The share over the documents whose gold states a headline."""
        same, families = [], []
        for identity, gold in evaluated.gold.items():
            if not gold.values.get("headline"):
                continue
            result = evaluated.results.get(identity)
            found = result.value("headline") if result is not None and result.answered else None
            same.append(str(found).casefold() == gold.values["headline"].casefold())
            families.append(evaluated.families.get(identity, identity))
        return Proportion.of(same, families).as_json() if same else None


METRIC = SpokenMetric()
