"""Choose the windows of a long document to read, by the likeness of their passages to the question of each field."""

from __future__ import annotations

import re

import numpy as np

from ..documents import Document
from ..engines import Engine
from ..tasks import Task, Window
from .prompts import WindowSelector

__all__ = ["window_selector"]

PASSAGE_WORDS = 120  # the encoder was trained on sentences and short paragraphs


def window_selector(embedder: Engine) -> WindowSelector:
    """Return a selector that ranks windows by their passages' nearness to the question of each field."""

    def select(task: Task, document: Document, windows: list[Window], relevant: int) -> list[int]:
        """Return the numbers of the ``relevant`` best windows for each field, in order, and always the first window."""
        questions = embedder.embed(task.questions(), purpose="question")
        owners: list[int] = []
        passages: list[str] = []
        for number, window in enumerate(windows):
            for passage in _passages(document.text[window.start : window.end]):
                owners.append(number)
                passages.append(passage)
        nearness = questions @ embedder.embed(passages).T
        chosen = {0}
        for row in nearness:
            best: list[int] = []
            for position in np.argsort(-row, kind="stable"):
                if owners[position] not in best:
                    best.append(owners[position])
                if len(best) == relevant:
                    break
            chosen.update(best)
        return sorted(chosen)

    return select


def _passages(text: str) -> list[str]:
    words = re.findall(r"\S+", text)
    step = PASSAGE_WORDS - 20
    return [" ".join(words[start : start + PASSAGE_WORDS]) for start in range(0, max(1, len(words) - 20), step)]
