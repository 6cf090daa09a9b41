"""Learn a ranker from gold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..evaluation.learned import LearnedRanker, LearnTerms
from ..evaluation.learned import learn as learn_from
from ..gold.source import GoldSource
from ..tasks import load_task
from .model import TaskLike

__all__ = ["LearnTerms", "LearnedRanker", "learn"]


def learn(
    task: TaskLike,
    gold: str | Path,
    *,
    runs: Iterable[str | Path] = (),
    documents: Iterable[str] = (),
    terms: LearnTerms | None = None,
) -> LearnedRanker:
    """Fit a ranker on gold, and measure what it brings on documents that it has not seen.

    ``runs`` hold the language model's answers, and the documents; without a run, ``documents`` are files, folders or
    globs. Raises InputError if a run answers another task, or if too few labelled documents can be read.
    """
    folders = [Path(run) for run in runs]
    inputs = tuple(documents)
    source = GoldSource(None if inputs or not folders else folders[0], load_task(task), inputs)
    return learn_from(Path(gold), source, folders, terms)
