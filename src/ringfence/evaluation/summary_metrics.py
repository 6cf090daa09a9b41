"""Figures of written answers against their references: ROUGE, unsupported statements and evidence recall."""

from __future__ import annotations

from typing import Any

from ..contracts import GoldLine, Result
from ..tasks import Task
from .metric import Evaluated
from .statistics import bootstrap_ratio

__all__ = ["METRIC", "SUMMARIES", "SummaryMetric"]

SUMMARIES = "summaries"
_ROUGE = ("rouge1", "rouge2", "rougeL")


class SummaryMetric:
    """Means over the gold's documents with 95 % intervals that draw families; no answer counts as an empty text.

    ROUGE is F1 with stems (rouge-score, Lin 2004). ``unsupported ...`` counts numbers, dates, amounts and names that
    are not in the source, per document. Evidence recall: of the places that the gold marks (``spans``), the share that
    a cited place touches.
    """

    name = SUMMARIES

    def applies_to(self, task: Task) -> bool:
        """Whether the model writes an answer of its own about a document; an answer from a corpus is right or wrong."""
        return not task.asks_corpus and _written_field(task) is not None

    def compute(self, evaluated: Evaluated) -> dict[str, Any] | None:
        """The mean, interval and n of every figure, by name."""
        path = _written_field(evaluated.task)
        if path is None:
            return None
        from rouge_score import rouge_scorer

        scorer = rouge_scorer.RougeScorer(list(_ROUGE), use_stemmer=True)
        columns: dict[str, list[tuple[float, str]]] = {}
        for identity, entry in evaluated.gold.items():
            result = evaluated.results.get(identity)
            figures = _figures(path, result, entry, scorer)
            for name, value in figures.items():
                columns.setdefault(name, []).append((value, evaluated.families.get(identity, identity)))
        return {name: _mean(rows) for name, rows in columns.items()}


def _written_field(task: Task) -> str | None:
    return next((path for path, spec in task.answer_fields().items() if spec.kind == "written"), None)


def _figures(path: str, result: Result | None, entry: GoldLine, scorer: Any) -> dict[str, float]:
    """The figures of one document."""
    figures: dict[str, float] = {}
    answered = result if result is not None and result.answered else None
    text = str(answered.value(path)) if answered else ""
    if reference := entry.values.get(path):
        figures |= {name: float(score.fmeasure) for name, score in scorer.score(str(reference), text).items()}
    if answered:
        unsupported = answered.unsupported or []
        others = sum(found.kind != "name" for found in unsupported)
        figures["unsupported numbers, dates, amounts"] = others
        figures["unsupported names"] = len(unsupported) - others
        figures["words"] = len(text.split())
    if marked := entry.spans.get(path):
        sentences = (result.sentences if result is not None else None) or []
        cited = [span for sentence in sentences for span in sentence.spans]
        hit = sum(any(s < end and start < e for s, e in cited) for start, end in marked)
        figures["evidence recall"] = hit / len(marked)
    return figures


def _mean(rows: list[tuple[float, str]]) -> dict[str, Any]:
    values = [value for value, _ in rows]
    low, high = bootstrap_ratio(values, [1.0] * len(values), [family for _, family in rows])
    return {"mean": sum(values) / len(values), "interval": [low, high], "n": len(values)}


METRIC = SummaryMetric()
