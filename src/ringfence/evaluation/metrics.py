"""Figures over items: shares with intervals and F1, also by slice, and the evaluation that holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .items import Item, proportion_of
from .label_metrics import LABELS, LabelFigures
from .metric import as_plain
from .statistics import Proportion, bootstrap_ratio
from .summary_metrics import SUMMARIES

__all__ = ["Evaluation", "FieldFigures", "LabelFigures", "document_proportion", "field_figures", "sliced"]


@dataclass(frozen=True)
class FieldFigures:
    """One field, or all of them: exact match, F1 over stated values, and the errors by kind.

    ``answered`` is the exact match without failed documents and abstentions.
    """

    name: str
    exact: Proportion
    answered: Proportion
    f1: float | None
    f1_interval: tuple[float, float] | None
    errors: Mapping[str, int]
    judged: bool

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
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
class Evaluation:
    """Everything that `ringfence evaluate` shows about one run. ``metrics`` holds what installed metrics compute."""

    items: Sequence[Item]
    fields: Sequence[FieldFigures]
    all_values: FieldFigures | None
    judged: FieldFigures | None
    documents: Proportion
    documents_answered: Proportion
    metrics: dict[str, Any] = field(default_factory=dict)
    slices: Mapping[str, Mapping[str, FieldFigures]] = field(default_factory=dict)

    @property
    def labels(self) -> LabelFigures | None:
        """The figures of a classification by one label."""
        outcome = self.metrics.get(LABELS)
        return outcome if isinstance(outcome, LabelFigures) else None

    @property
    def summaries(self) -> dict[str, Any] | None:
        """The figures of written answers, each with mean, interval and n."""
        return self.metrics.get(SUMMARIES)

    def as_json(self) -> dict[str, Any]:
        """The evaluation as plain data; ``metrics`` lists what has no key of its own."""
        outcomes = {name: as_plain(outcome) for name, outcome in self.metrics.items()}
        return {
            "fields": [figures.as_json() for figures in self.fields],
            "all_values": self.all_values.as_json() if self.all_values else None,
            "judged": self.judged.as_json() if self.judged else None,
            "documents": self.documents.as_json(),
            "documents_without_not_answered": self.documents_answered.as_json(),
            "labels": outcomes.pop(LABELS, None),
            "summaries": outcomes.pop(SUMMARIES, None),
            "metrics": outcomes,
            "slices": {
                name: {value: figures.as_json() for value, figures in groups.items()}
                for name, groups in self.slices.items()
            },
            "errors": [
                {"document": item.document, "path": item.path, "outcome": item.outcome}
                for item in self.items
                if not item.right
            ],
        }


def field_figures(name: str, items: Sequence[Item]) -> FieldFigures:
    """Compute the figures over some items."""
    exact = proportion_of(items)
    answered = proportion_of([item for item in items if item.answered])
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
    """Twice the right values over the sum of given and stated values; a right null does not count."""
    right = sum(item.right and item.gold is not None for item in items)
    total = sum((item.value is not None) + (item.gold is not None) for item in items)
    return 2 * right / total if total else None


def document_proportion(items: Sequence[Item], answered_only: bool = False) -> Proportion:
    """The documents with every value right."""
    whole: dict[str, tuple[bool, str]] = {}
    for item in items:
        if answered_only and not item.answered:
            continue
        right, _ = whole.get(item.document, (True, ""))
        whole[item.document] = (right and item.right, item.family)
    return Proportion.of([right for right, _ in whole.values()], [family for _, family in whole.values()])


def sliced(items: Sequence[Item], slices: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, FieldFigures]]:
    """The figures for each value of each slice; ``slices`` gives the value of each document, by slice."""
    found: dict[str, dict[str, FieldFigures]] = {}
    for name, values in slices.items():
        groups: dict[str, list[Item]] = {}
        for item in items:
            groups.setdefault(values.get(item.document, "unknown"), []).append(item)
        if len(groups) > 1:
            found[name] = {value: field_figures(value, group) for value, group in sorted(groups.items())}
    return found
