"""evaluation.html: the figures of a run against its gold. Each number opens the values behind it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from ..evaluation.evaluator import RunEvaluation
from ..evaluation.items import ERRORS, Item
from ..evaluation.metrics import LabelFigures
from ..files import write_whole
from ..gold.values import as_text

__all__ = ["ItemRow", "item_rows", "page_environment", "write_evaluation"]

MOST_ITEMS = 20_000
MOST_LABELS = 16  # the largest confusion matrix; beyond it, the page lists the most common confusions


@dataclass(frozen=True)
class ItemRow:
    """An item as the panel of a page lists it."""

    document: str
    field: str
    path: str
    outcome: str
    gold: str
    value: str
    judged: bool


@dataclass(frozen=True)
class _Matrix:
    """A confusion matrix: for each gold label the counts by given label; ``most`` is the largest count."""

    given: list[str]
    rows: list[tuple[str, list[tuple[str, int]]]]
    most: int


@dataclass(frozen=True)
class _Confusions:
    """The confusions of labels: as a matrix, or if there are many labels as the most common ones of ``total``."""

    matrix: _Matrix | None = None
    common: list[tuple[str, str, int]] = field(default_factory=list)
    total: int = 0


def page_environment() -> jinja2.Environment:
    """Return the templates of this package, which escape everything."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("ringfence.reports", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


def write_evaluation(evaluated: RunEvaluation, target: Path) -> Path:
    """Write the page, which only its owner can read, and return its path."""
    evaluation, slices = evaluated.evaluation, evaluated.slices
    shown, cut = item_rows(evaluation.items)
    documents = {item.document for item in evaluation.items}
    page = page_environment().get_template("evaluation.html.j2")
    text = page.render(
        evaluation=evaluation,
        items=[asdict(row) for row in shown],
        cut=cut,
        slices={
            name: {i: value for i, value in values.items() if i in documents}
            for name, values in slices.items()
            if name in evaluation.slices
        },
        documents=len(documents),
        families=len({item.family for item in evaluation.items}),
        errors=[name for name in ERRORS if any(item.outcome == name for item in evaluation.items)],
        meanings=ERRORS,
        confusions=_confusions(evaluation.labels),
        **asdict(evaluated.facts),
    )
    write_whole(target, text, private=True)
    return target


def item_rows(items: Sequence[Item]) -> tuple[list[ItemRow], tuple[int, int] | None]:
    """Return the items that a page lists, and (shown, all) if it does not list all of them."""
    chosen = list(items)
    if len(chosen) > MOST_ITEMS:
        wrong = [item for item in items if not item.right]
        right = [item for item in items if item.right]
        room = max(0, MOST_ITEMS - len(wrong))
        chosen = wrong[:MOST_ITEMS] + random.Random(0).sample(right, min(room, len(right)))
    rows = [
        ItemRow(
            document=item.document,
            field=item.field,
            path=item.path,
            outcome=item.outcome,
            gold=_shown(item.gold),
            value=_shown(item.value),
            judged=item.judged,
        )
        for item in chosen
    ]
    return rows, (len(chosen), len(items)) if len(chosen) < len(items) else None


def _shown(value: Any) -> str:
    return "(none)" if value is None else as_text(value)[:300]


def _confusions(labels: LabelFigures | None) -> _Confusions:
    if labels is None:
        return _Confusions()
    names = sorted({gold for gold, _ in labels.confusion} | {given for _, given in labels.confusion})
    wrong = [(gold, given, count) for (gold, given), count in labels.confusion.items() if gold != given]
    if len(names) > MOST_LABELS:
        return _Confusions(None, wrong[:25], len(wrong))
    golds = sorted({gold for gold, _ in labels.confusion})
    rows = [(gold, [(given, labels.confusion.get((gold, given), 0)) for given in names]) for gold in golds]
    return _Confusions(_Matrix(names, rows, max(labels.confusion.values())), [], len(wrong))
