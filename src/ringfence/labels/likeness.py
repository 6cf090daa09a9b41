"""How alike documents are: by the meaning of their text, where embedding weights are there, else by their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..extras import need
from ..learning.features import words_of

__all__ = ["Embed", "Likeness"]

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts to rows."""
EMBEDDED = 2000  # characters of a text that are embedded: its beginning says what it is


@dataclass(frozen=True)
class Likeness:
    """A row of unit length for each text; the product of two rows says how alike they are, from 0 to 1.

    Texts at least ``same_look`` alike count as one look.
    """

    rows: Any
    same_look: float

    @classmethod
    def by_words(cls, texts: Sequence[str]) -> Likeness:
        """By the words that texts share, rare ones counting more; every number counts as the same word."""
        need("evaluation", "sklearn")
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectoriser = TfidfVectorizer(analyzer=lambda text: {*words_of(text), ""}, binary=True)
        return cls(vectoriser.fit_transform(texts).tocsr(), 0.5)

    @classmethod
    def by_meaning(cls, texts: Sequence[str], embed: Embed) -> Likeness:
        """By the embeddings of their beginnings."""
        rows = embed([text[:EMBEDDED] for text in texts])
        return cls(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), 0.8)

    def between(self, first: slice, second: slice) -> npt.NDArray[np.float32]:
        """How alike the texts of two ranges are, a row for each of the first."""
        found = self.rows[first] @ self.rows[second].T
        dense: npt.NDArray[np.float32] = np.asarray(found.toarray() if hasattr(found, "toarray") else found, np.float32)
        return np.clip(dense, 0.0, 1.0)
