"""Find the passages of a corpus for a question: full text and meaning, joined by rank, and put in order once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..contracts import FoundPassage
from ..engines import Engine
from .corpus import Corpus
from .reranker import RERANKED, Reranker
from .store import Numbers, StoredDocument, StoredPassage, View
from .words import query_words

__all__ = ["SEARCH_RULES", "Ranked", "Search", "fused"]

SEARCH_RULES = "search/2"
DEPTH = 50  # passages that each way of search contributes
FUSION = 60  # the constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)
K1, B = 1.2, 0.75  # the usual constants of BM25 (Robertson and Zaragoza, 2009)
# A word in more of the passages than this says nothing, unless no other word is found; a number or code always does.
FREQUENT = 0.5


@dataclass(frozen=True)
class Ranked:
    """The numbers of passages for a question by each way of search, best first.

    ``reranked`` are those of ``fused`` in the order of a reranker; None without one. ``scores`` are those of the
    fused order.
    """

    text: tuple[int, ...] = ()
    meaning: tuple[int, ...] = ()
    fused: tuple[int, ...] = ()
    reranked: tuple[int, ...] | None = None
    scores: dict[int, float] = field(default_factory=dict)

    def stages(self) -> dict[str, tuple[int, ...]]:
        """Return the orders by the name of their stage."""
        stages = {"full text": self.text, "meaning": self.meaning, "fused": self.fused}
        return stages if self.reranked is None else {**stages, "reranked": self.reranked}

    @property
    def best(self) -> tuple[int, ...]:
        """The order of the last stage."""
        return self.fused if self.reranked is None else self.reranked


class Search:
    """Search in one view of a corpus. Nothing outside the view has any influence on what is found, or on a score."""

    def __init__(self, corpus: Corpus, view: View, embedder: Engine | None, reranker: Reranker | None = None) -> None:
        self._store, self.view, self._embedder, self._reranker = corpus.store, view, embedder, reranker
        self._scored: tuple[str, tuple[int, ...], list[float]] = ("", (), [])  # the last question that was reranked
        self._visible = self._store.visible(view)
        self._languages = sorted({document.language for document in self._store.documents(view)} - {""})
        self._average = float(self._visible.words.mean()) if len(self._visible.words) else 1.0

    def __len__(self) -> int:
        return len(self._visible.passages)

    def rank(self, question: str, depth: int = DEPTH) -> Ranked:
        """Return the passages for a question."""
        text = self.by_text(question, depth)
        meaning = self.by_meaning(question, depth)
        joined = fused([text, meaning])
        return Ranked(text, meaning, tuple(joined), self._reranked(question, tuple(joined)), joined)

    def _reranked(self, question: str, numbers: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the passages with the first of them in the order of the reranker; equal ones keep their places."""
        if self._reranker is None:
            return None
        head = numbers[:RERANKED]
        asked, known, scores = self._scored
        if (asked, known) != (question, head):  # a search that goes deeper has the same first passages
            scores = self._reranker.scores(question, self.fetch(head))
            self._scored = (question, head, scores)
        order = sorted(range(len(head)), key=lambda place: -scores[place])
        return (*(head[place] for place in order), *numbers[RERANKED:])

    def by_meaning(self, question: str, depth: int = DEPTH) -> tuple[int, ...]:
        """Return the passages nearest to the question by cosine of their vectors, best first."""
        if self._embedder is None or not len(self):
            return ()
        numbers, _ = self._store.nearest(self._embedder.embed([question], purpose="question")[0], self._visible, depth)
        return tuple(map(int, numbers))

    def by_text(self, question: str, depth: int = DEPTH) -> tuple[int, ...]:
        """Return the passages with the words of the question by BM25, best first."""
        scores, found = self._bm25(question)
        if not len(found):
            return ()
        order = np.lexsort((found, -scores[found]))[:depth]
        return tuple(map(int, self._visible.passages[found[order]]))

    def _bm25(self, question: str) -> tuple[npt.NDArray[np.float64], Numbers]:
        """Return the score of each visible passage, and the places of those that have one.

        Counts and lengths are those of the visible passages alone.
        """
        numbers = self._visible.passages
        scores = np.zeros(len(numbers))
        hits: list[tuple[Numbers, Numbers]] = []
        named: list[bool] = []
        for forms in query_words(question, self._languages):
            passages, counts = self._store.postings(forms)
            places = np.searchsorted(numbers, passages)
            places[places == len(numbers)] = 0
            here = numbers[places] == passages if len(numbers) else np.zeros(0, bool)
            if here.any():
                hits.append((places[here], counts[here]))
                named.append(any(map(str.isdigit, forms[0])))
        few = FREQUENT * len(numbers)
        telling = [hit for hit, code in zip(hits, named, strict=True) if code or len(hit[0]) <= few] or hits
        for places, counts in telling:
            weight = np.log1p((len(numbers) - len(places) + 0.5) / (len(places) + 0.5))
            length = 1 - B + B * self._visible.words[places] / self._average
            scores[places] += weight * counts * (K1 + 1) / (counts + K1 * length)
        return scores, np.flatnonzero(scores)

    def spread(self, count: int) -> list[FoundPassage]:
        """Return passages from all over the view, evenly spaced."""
        numbers = self._visible.passages
        chosen: Numbers = np.unique(np.linspace(0, len(numbers) - 1, min(count, len(numbers)), dtype=np.int64))
        return self.fetch([int(numbers[place]) for place in chosen])

    def find(self, question: str, count: int, depth: int = DEPTH) -> list[FoundPassage]:
        """Return the best passages for a question."""
        ranked = self.rank(question, depth)
        return self.fetch(ranked.best[:count], ranked)

    def fetch(self, numbers: Sequence[int], ranked: Ranked | None = None) -> list[FoundPassage]:
        """Return passages by their numbers, in that order."""
        scores = ranked.scores if ranked else {}
        places = np.searchsorted(self._visible.passages, numbers) + 1  # numbers of the store would count closed ones
        return [
            _found(document, passage, int(place), scores.get(number))
            for number, place, (document, passage) in zip(numbers, places, self._store.passages(numbers), strict=True)
        ]


def fused(rankings: Sequence[Sequence[int]]) -> dict[int, float]:
    """Join rankings by reciprocal rank; returns the scores, best first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (FUSION + place)
    return dict(sorted(scores.items(), key=lambda entry: (-entry[1], entry[0])))


def _found(document: StoredDocument, passage: StoredPassage, number: int, score: float | None) -> FoundPassage:
    return FoundPassage(
        number=number,
        document=document.id,
        path=document.path,
        sha256=document.sha256,
        title=document.title,
        source=document.source,
        span=passage.span,
        page=passage.page if document.pages > 1 or passage.boxes else None,
        lead=passage.lead,
        text=passage.text,
        boxes=list(passage.boxes),
        score=score,
    )
