"""How well the passages of a corpus are found: recall, nDCG and reciprocal rank by stage of the search."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..corpus import CorpusView
from .questions import GoldQuestion
from .statistics import bootstrap_ratio

__all__ = ["MeanFigure", "RetrievalScores", "StageScores", "ndcg", "score_retrieval"]

DEPTH = 20
AT = 10  # passages of nDCG


@dataclass(frozen=True)
class MeanFigure:
    """A mean over ``n`` questions with its 95 % interval (bootstrap over questions)."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> MeanFigure:
        """Return the mean of values; NaN for none."""
        names = [str(number) for number in range(len(values))]
        low, high = bootstrap_ratio(values, [1.0] * len(values), names)
        return cls(sum(values) / len(values) if values else math.nan, low, high, len(values))

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class StageScores:
    """One stage: recall at 1, 5 and 20, nDCG at 10 and mean reciprocal rank, each with its interval over questions.

    Recall is the share of questions with a gold place among so many passages: one place answers a question.
    """

    stage: str
    recall: dict[int, MeanFigure]
    ndcg: MeanFigure
    mrr: MeanFigure


@dataclass(frozen=True)
class RetrievalScores:
    """The stages of a search over ``questions``, and its time in seconds (median, 95 %).

    These are the answerable questions of which the gold says where the answer stands; of others nothing is measured.
    ``gain`` is the paired difference in nDCG of the reranked order from the fused one; None without a reranker.
    """

    questions: int
    stages: list[StageScores] = field(default_factory=list)
    gain: MeanFigure | None = None
    median_seconds: float = 0.0
    p95_seconds: float = 0.0


def score_retrieval(
    view: CorpusView, questions: Sequence[GoldQuestion], on_question: Callable[[int, int], None] = lambda done, of: None
) -> RetrievalScores:
    """Search for each answerable question with a gold place, and compare what is found with it."""
    asked = [question for question in questions if question.answerable and question.has_place]
    hits: dict[str, list[list[bool]]] = {}
    found: list[int] = []
    seconds = []
    for done, question in enumerate(asked, 1):
        started = time.monotonic()
        ranked = view.search.rank(question.question)
        seconds.append(time.monotonic() - started)
        right: set[int] = set()
        for stage, numbers in ranked.stages().items():
            held = [question.holds(passage) for passage in view.search.fetch(numbers[:DEPTH])]
            hits.setdefault(stage, []).append(held)
            right |= {number for number, hit in zip(numbers, held, strict=False) if hit}
        found.append(len(right))
        on_question(done, len(asked))
    ordered = sorted(seconds) or [0.0]
    gains = {stage: [ndcg(row, of) for row, of in zip(rows, found, strict=True)] for stage, rows in hits.items()}
    pairs = list(zip(gains["reranked"], gains["fused"], strict=True)) if "reranked" in gains else []
    return RetrievalScores(
        len(asked),
        [_stage(stage, rows, gains[stage]) for stage, rows in hits.items()],
        MeanFigure.of([one - other for one, other in pairs]) if pairs else None,
        ordered[len(ordered) // 2],
        ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)],
    )


def _stage(stage: str, rows: Sequence[Sequence[bool]], gains: Sequence[float]) -> StageScores:
    return StageScores(
        stage,
        {k: MeanFigure.of([float(any(row[:k])) for row in rows]) for k in (1, 5, DEPTH)},
        MeanFigure.of(gains),
        MeanFigure.of([next((1 / place for place, hit in enumerate(row, 1) if hit), 0.0) for row in rows]),
    )


def ndcg(row: Sequence[bool], found: int) -> float:
    """Return nDCG at 10 with binary relevance, against the relevant passages that any stage ``found``.

    Against those of its own, a stage that finds one of ten at the first place would be perfect.
    """
    gain = sum(1 / math.log2(place + 1) for place, hit in enumerate(row[:AT], 1) if hit)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(AT, found) + 1))
    return gain / best if best else 0.0
