"""Summaries beside their references: ROUGE, what they state without support, and whether they rest on the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .gold import GoldEntry
from .statistics import bootstrap_ratio

__all__ = ["summary_figures"]

_ROUGE = ("rouge1", "rouge2", "rougeL")


def summary_figures(
    results: Mapping[str, Mapping[str, Any]], gold: Mapping[str, GoldEntry], families: Mapping[str, str]
) -> dict[str, Any]:
    """Means over the documents of the gold with 95 % intervals (families drawn); a document that is not answered counts
    as a summary of nothing.

    ROUGE is F1 with stems (rouge-score, Lin 2004). ``unsupported`` counts numbers, dates, amounts and names that are not
    in the source, for each document. Evidence recall: of the places that the gold marks (``spans.summary``), the share
    that a cited place touches.
    """
    from rouge_score import rouge_scorer

    scorer = rouge_scorer.RougeScorer(list(_ROUGE), use_stemmer=True)
    columns: dict[str, list[tuple[float, str]]] = {}
    for identity, entry in gold.items():
        result, family = results.get(identity), families.get(identity, identity)
        done = result is not None and result["status"] == "done"
        said = str(result["values"]["summary"]) if done and result else ""
        if reference := entry.values.get("summary"):
            for name, score in scorer.score(str(reference), said).items():
                columns.setdefault(name, []).append((float(score.fmeasure), family))
        if done and result:
            wrong = result.get("unsupported") or []
            numbers = sum(one["kind"] != "name" for one in wrong)
            columns.setdefault("unsupported numbers, dates, amounts", []).append((numbers, family))
            columns.setdefault("unsupported names", []).append((len(wrong) - numbers, family))
            columns.setdefault("words", []).append((len(said.split()), family))
        if marked := entry.spans.get("summary"):
            cited = [span for one in (result or {}).get("sentences") or [] for span in one["spans"]]
            hit = sum(any(s < end and start < e for s, e in cited) for start, end in marked)
            columns.setdefault("evidence recall", []).append((hit / len(marked), family))
    found = {}
    for name, rows in columns.items():
        values, of = [value for value, _ in rows], [family for _, family in rows]
        low, high = bootstrap_ratio(values, [1.0] * len(values), of)
        found[name] = {"mean": sum(values) / len(values), "interval": [low, high], "n": len(values)}
    return found
