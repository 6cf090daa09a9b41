"""Choose which documents to label next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..gold.source import OnProgress
from ..inference import LoadedModel, load_embedder
from ..labels import NextTerms, Pool, Proposal, Proposals
from ..labels import next_to_label as choose_next
from ..weights import Store, find_entry
from .model import TaskLike

__all__ = ["NextTerms", "Proposal", "Proposals", "next_to_label"]


def next_to_label(
    documents: Iterable[str | Path] = (),
    *,
    runs: Iterable[str | Path] = (),
    gold: str | Path | None = None,
    task: TaskLike | None = None,
    terms: NextTerms | None = None,
    passwords: tuple[str, ...] = (),
    on_progress: OnProgress = lambda done, total: None,
) -> Proposals:
    """Choose which documents to label next, of files, folders or globs, and of finished runs of one task.

    None is in the gold, and none is a near-duplicate of a document that the gold holds out (dev, test). ``task`` is
    needed for a ranker where there is no run. Raises InputError if there is no document to choose from, or if the runs
    answer several tasks.
    """
    terms = terms or NextTerms()
    pool = Pool([Path(run) for run in runs], [str(one) for one in documents], task, passwords, on_progress)
    embedder = _embedder(terms)
    try:
        return choose_next(pool, Path(gold) if gold else None, terms, embedder.engine.embed if embedder else None)
    finally:
        if embedder:
            embedder.close()


def _embedder(terms: NextTerms) -> LoadedModel | None:
    """The embedding weights, if texts are to be compared by meaning; nothing is pulled unless that was asked for."""
    entry = find_entry("embedding")
    here = entry is not None and Store().find(entry.name) is not None
    wanted = terms.compare_by == "meaning" or (terms.compare_by is None and here)
    return load_embedder() if wanted else None
