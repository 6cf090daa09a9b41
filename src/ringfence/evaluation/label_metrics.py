"""Figures of a single-label classification: macro F1, the confusion matrix and out-of-scope recall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..tasks import Task
from .items import Item, proportion_of
from .metric import Evaluated
from .statistics import Proportion, bootstrap_interval

__all__ = ["LABELS", "METRIC", "LabelFigures", "LabelMetric", "label_figures"]

LABELS = "labels"


@dataclass(frozen=True)
class LabelFigures:
    """Macro F1, the confusion matrix, and the recall of documents that fit no label (``out_of_scope``)."""

    macro_f1: float
    macro_f1_interval: tuple[float, float]
    confusion: Mapping[tuple[str, str], int]
    out_of_scope: Proportion | None

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        return {
            "macro_f1": round(self.macro_f1, 6),
            "macro_f1_interval": [round(edge, 6) for edge in self.macro_f1_interval],
            "confusion": [{"gold": g, "given": v, "count": n} for (g, v), n in self.confusion.items()],
            "out_of_scope_recall": self.out_of_scope.as_json() if self.out_of_scope else None,
        }


def label_figures(items: Sequence[Item], out_of_scope: str | None) -> LabelFigures | None:
    """Compute the figures. Macro F1 is scikit-learn's, over the labels in the gold; its interval draws families.

    Documents whose gold leaves the label open (null) do not count; None if no document is left. ``out_of_scope`` is the
    label that the task adds for documents that fit no other label; without one there is no out-of-scope recall.
    """
    from sklearn.metrics import f1_score

    items = [item for item in items if item.gold is not None]
    if not items:
        return None
    gold = np.array([str(item.gold) for item in items])
    given = np.array(["(none)" if item.value is None else str(item.value) for item in items])

    def macro(places: npt.NDArray[np.intp]) -> float:
        labels = np.unique(gold[places])
        return float(f1_score(gold[places], given[places], labels=labels, average="macro", zero_division=0))

    everything = np.arange(len(items), dtype=np.intp)
    interval = bootstrap_interval(macro, [item.family for item in items], draws=400)
    confusion = Counter(zip(map(str, gold), map(str, given), strict=True))
    outside = [item for item in items if out_of_scope is not None and item.gold == out_of_scope]
    recall = proportion_of(outside) if outside else None
    return LabelFigures(macro(everything), interval, dict(confusion.most_common()), recall)


class LabelMetric:
    """Label figures, for tasks whose answer is one scored label of a closed list."""

    name = LABELS

    def applies_to(self, task: Task) -> bool:
        """Whether the answer is one label with a score for every option."""
        fields = list(task.answer_fields().values())
        return task.scores_options and len(fields) == 1 and fields[0].kind == "choice"

    def compute(self, evaluated: Evaluated) -> LabelFigures | None:
        """The figures; None if the gold settles no label."""
        return label_figures(evaluated.items, evaluated.task.out_of_scope)


METRIC = LabelMetric()
