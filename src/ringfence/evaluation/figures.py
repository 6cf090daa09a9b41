"""Figures over items: shares with intervals, F1, confusion of labels, and the same by slice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .outcomes import Item
from .statistics import Proportion, bootstrap_interval, bootstrap_ratio

__all__ = [
    "Evaluation",
    "FieldFigures",
    "LabelFigures",
    "document_proportion",
    "field_figures",
    "label_figures",
    "sliced",
]


@dataclass(frozen=True)
class FieldFigures:
    """One field, or all of them: exact match, F1 over stated values, and the errors by kind. ``answered`` is the exact
    match without the documents that failed or were abstained from."""

    name: str
    exact: Proportion
    answered: Proportion
    f1: float | None
    f1_interval: tuple[float, float] | None
    errors: Mapping[str, int]
    judged: bool

    def as_json(self) -> dict[str, Any]:
        """The figures for machines."""
        return {
            "name": self.name,
            "judged": self.judged,
            "exact_match": self.exact.as_json(),
            "without_not_answered": self.answered.as_json(),
            "f1": None if self.f1 is None else round(self.f1, 6),
            "f1_interval": None if self.f1_interval is None else [round(edge, 6) for edge in self.f1_interval],
            "errors": dict(self.errors),
        }


@dataclass(frozen=True)
class LabelFigures:
    """A classification: macro F1, who is taken for whom, and how much of what fits no label is seen as such."""

    macro_f1: float
    macro_f1_interval: tuple[float, float]
    confusion: Mapping[tuple[str, str], int]
    out_of_scope: Proportion | None

    def as_json(self) -> dict[str, Any]:
        """The figures for machines."""
        return {
            "macro_f1": round(self.macro_f1, 6),
            "macro_f1_interval": [round(edge, 6) for edge in self.macro_f1_interval],
            "confusion": [{"gold": g, "given": v, "count": n} for (g, v), n in self.confusion.items()],
            "out_of_scope_recall": self.out_of_scope.as_json() if self.out_of_scope else None,
        }


@dataclass(frozen=True)
class Evaluation:
    """Everything that `ringfence evaluate` shows of one run."""

    items: Sequence[Item]
    fields: Sequence[FieldFigures]
    all_values: FieldFigures | None
    judged: FieldFigures | None
    documents: Proportion
    documents_answered: Proportion
    labels: LabelFigures | None = None
    summaries: Mapping[str, Any] | None = None
    slices: Mapping[str, Mapping[str, FieldFigures]] = field(default_factory=dict)


def field_figures(name: str, items: Sequence[Item]) -> FieldFigures:
    """The figures over some items."""
    exact = Proportion.of([item.right for item in items], [item.family for item in items])
    kept = [item for item in items if item.answered]
    answered = Proportion.of([item.right for item in kept], [item.family for item in kept])
    errors = Counter(item.outcome for item in items if not item.right)
    f1 = _f1(items)
    interval = None
    if f1 is not None and len(items) > 1:
        right = [2.0 * (item.right and item.gold is not None) for item in items]
        sizes = [float((item.value is not None) + (item.gold is not None)) for item in items]
        interval = bootstrap_ratio(right, sizes, [item.family for item in items])
    judged = bool(items) and all(item.judged for item in items)
    return FieldFigures(name, exact, answered, f1, interval, dict(errors), judged)


def _f1(items: Sequence[Item]) -> float | None:
    """Twice the right values over the given and the stated ones; a null that is right counts nowhere."""
    right = sum(item.right and item.gold is not None for item in items)
    total = sum((item.value is not None) + (item.gold is not None) for item in items)
    return 2 * right / total if total else None


def document_proportion(items: Sequence[Item], answered_only: bool = False) -> Proportion:
    """Documents of which every value is right."""
    whole: dict[str, tuple[bool, str]] = {}
    for item in items:
        if answered_only and not item.answered:
            continue
        right, _ = whole.get(item.document, (True, ""))
        whole[item.document] = (right and item.right, item.family)
    return Proportion.of([right for right, _ in whole.values()], [family for _, family in whole.values()])


def label_figures(items: Sequence[Item], other: str | None) -> LabelFigures | None:
    """Macro F1 over the labels that the gold has (scikit-learn), with families drawn for the interval; documents whose
    gold says that no label was settled (null) are left out. None where that leaves nothing."""
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
    outside = [item for item in items if other is not None and item.gold == other]
    recall = Proportion.of([i.right for i in outside], [i.family for i in outside]) if outside else None
    return LabelFigures(macro(everything), interval, dict(confusion.most_common()), recall)


def sliced(items: Sequence[Item], slices: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, FieldFigures]]:
    """All figures again for each value of each slice (``slices``: by slice, the value of each document)."""
    found: dict[str, dict[str, FieldFigures]] = {}
    for name, values in slices.items():
        groups: dict[str, list[Item]] = {}
        for item in items:
            groups.setdefault(values.get(item.document, "unknown"), []).append(item)
        if len(groups) > 1:
            found[name] = {value: field_figures(value, group) for value, group in sorted(groups.items())}
    return found
