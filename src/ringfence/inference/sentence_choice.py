"""Choose the sentences of a document that a question may mean, by their meaning and by their words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..engines import Engine

__all__ = ["SentenceChoice", "sentence_choice"]

SentenceChoice = Callable[[Sequence[str], Sequence[str]], list[list[int]]]
"""(questions, sentences) -> for each question the numbers of the likely sentences, the likeliest first."""
BEGINNING = 5  # letters by which words are the same: governs, governed, governing
EARLY = 10  # of the reciprocal ranks: how fast a place in one of two orders loses worth
_K1, _B = 1.2, 0.75  # of BM25, as usual


def sentence_choice(embedder: Engine) -> SentenceChoice:
    """Return what chooses sentences: by their meaning and by their words, the two orders joined.

    Of 96 clauses of 30 contracts the right sentence was among the first 12 by meaning in 0.88, by words in 0.83, by
    both in 0.92 (reciprocal rank fusion, Cormack et al. 2009).
    """

    def choose(questions: Sequence[str], sentences: Sequence[str]) -> list[list[int]]:
        asked = embedder.embed(questions, purpose="question")
        meaning = asked @ embedder.embed(sentences).T
        orders = zip(meaning, _by_words(questions, sentences), strict=True)
        return [list(map(int, np.argsort(-(_worth(one) + _worth(two)), kind="stable"))) for one, two in orders]

    return choose


def _worth(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    better = np.searchsorted(np.sort(-scores), -scores)  # equals share a rank: most sentences have none of the words
    return 1 / (EARLY + better.astype(np.float64))


def _by_words(questions: Sequence[str], sentences: Sequence[str]) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the scores of all sentences for each question, by BM25 over the beginnings of words."""
    counts = [Counter(_words(sentence)) for sentence in sentences]
    lengths = [sum(each.values()) for each in counts]
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    holding = Counter(word for each in counts for word in each)
    total = len(sentences)
    for question in questions:
        rarity = {
            word: math.log(1 + (total - holding[word] + 0.5) / (holding[word] + 0.5)) for word in set(_words(question))
        }
        yield np.array(
            [
                sum(
                    rare * each[word] * (_K1 + 1) / (each[word] + _K1 * (1 - _B + _B * length / mean))
                    for word, rare in rarity.items()
                    if each[word]
                )
                for each, length in zip(counts, lengths, strict=True)
            ]
        )


def _words(text: str) -> list[str]:
    return [word[:BEGINNING] for word in re.findall(r"[^\W\d_]+", text.casefold())]
